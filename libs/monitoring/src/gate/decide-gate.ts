import { invalidInput } from '@taxon/errors';
import { fallenLabels, supportedLabels, type LabelOptions } from './fallen-labels.ts';
import { mcnemarWorse, notWorseBy } from './paired-tests.ts';
import { countPairs, labelChanges, type PairCounts, type PairedText } from './paired-text.ts';

export interface GateOptions {
  /** Accuracy on the validation texts that a candidate may lose, 0..1: what a margin of non-inferiority is. @default 0.01 */
  margin?: number;
  /** Chance that a candidate which is worse by the margin is promoted, and that one as good is refused. @default 0.05 */
  alpha?: number;
  /** Validation texts without which nobody is promoted. @default 100 */
  leastValidation?: number;
  /** Texts of feedback before they are looked at. @default 30 */
  leastFeedback?: number;
  labels?: LabelOptions;
}

/** What the gate compares on; the serving version and the candidate answered all of them, and neither learnt from any. */
export interface GateEvidence {
  /** The frozen validation texts. */
  validation: readonly PairedText[];
  /** Recent feedback whose right labels are known. */
  feedback?: readonly PairedText[];
}

/** The events' `Comparison`. */
export interface GateComparison {
  /** `validation` or `feedback`. */
  texts: string;
  n: number;
  servingAccuracy: number;
  candidateAccuracy: number;
  /** McNemar's test, exact, one-sided, mid-p; small: the candidate is worse. */
  pWorse: number;
  /** Of the labels with enough texts; empty where none falls. */
  worstLabel: string;
  worstLabelFall: number;
}

/** `shadow`: neither shown to be worse nor to be good enough. */
export type GateVerdict = 'promote' | 'shadow' | 'refuse';

export interface GateDecision {
  verdict: GateVerdict;
  /** For people, with the figures that decided. */
  reason: string;
  comparisons: GateComparison[];
}

interface Compared {
  comparison: GateComparison;
  counts: PairCounts;
  /** Why this set of texts refuses the candidate. */
  objections: string[];
}

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
const shownP = (p: number): string => (p < 0.001 ? 'p < 0.001' : `p = ${p.toFixed(3)}`);

const compare = (texts: string, pairs: readonly PairedText[], { alpha = 0.05, labels = {} }: GateOptions): Compared => {
  const counts = countPairs(pairs);
  const { n, both, onlyServing, onlyCandidate } = counts;
  const changes = labelChanges(pairs);
  const [worst] = supportedLabels(changes, labels);
  const falls = worst !== undefined && worst.fall > 0;
  const comparison = {
    texts,
    n,
    servingAccuracy: n === 0 ? 0 : (both + onlyServing) / n,
    candidateAccuracy: n === 0 ? 0 : (both + onlyCandidate) / n,
    pWorse: mcnemarWorse(counts),
    worstLabel: falls ? worst.label : '',
    worstLabelFall: falls ? worst.fall : 0,
  };
  const { servingAccuracy, candidateAccuracy, pWorse } = comparison;
  const worse = `worse on ${texts}: ${percent(candidateAccuracy)} against ${percent(servingAccuracy)} of ${n}, ${shownP(pWorse)}`;
  const fallen = fallenLabels(changes, labels).map(
    ({ label, fall, support }) => `recall of '${label}' on ${texts} falls by ${percent(fall)} of ${support}`,
  );
  return { comparison, counts, objections: [...(pWorse < alpha ? [worse] : []), ...fallen] };
};

const sumOf = (counts: readonly PairCounts[]): PairCounts => ({
  n: counts.reduce((sum, one) => sum + one.n, 0),
  both: counts.reduce((sum, one) => sum + one.both, 0),
  onlyServing: counts.reduce((sum, one) => sum + one.onlyServing, 0),
  onlyCandidate: counts.reduce((sum, one) => sum + one.onlyCandidate, 0),
});

const checkOptions = ({ margin = 0.01, alpha = 0.05 }: GateOptions): void => {
  if (!(margin > 0 && margin < 1))
    throw invalidInput(`gate margin is ${margin}; it lies between 0 and 1, such as 0.01`);
  if (!(alpha > 0 && alpha < 0.5))
    throw invalidInput(`gate alpha is ${alpha}; it lies between 0 and 0.5, such as 0.05`);
};

/**
 * Whether a candidate takes the place of the version that serves. Refused: it is worse by McNemar's test, on the validation texts or
 * on feedback, or a label with enough texts falls too far. Promoted: it is shown to be worse by less than the margin on the
 * validation texts and on feedback taken together (`notWorseBy`). Else it answers in the shadow, until more feedback tells.
 * @throws TaxonError `invalid_input` naming the option that is out of range
 */
export const decideGate = ({ validation, feedback = [] }: GateEvidence, options: GateOptions = {}): GateDecision => {
  checkOptions(options);
  const { margin = 0.01, alpha = 0.05, leastValidation = 100, leastFeedback = 30 } = options;
  const onValidation = compare('validation', validation, options);
  const onFeedback = feedback.length >= leastFeedback ? compare('feedback', feedback, options) : undefined;
  const compared = onFeedback === undefined ? [onValidation] : [onValidation, onFeedback];
  const comparisons = compared.map(({ comparison }) => comparison);
  const decide = (verdict: GateVerdict, reason: string): GateDecision => ({ verdict, reason, comparisons });

  const objections = compared.flatMap((part) => part.objections);
  if (objections.length > 0) return decide('refuse', objections.join('; '));
  if (validation.length < leastValidation)
    return decide(
      'shadow',
      `${validation.length} validation texts are too few to promote on; ${leastValidation} are needed`,
    );
  // More feedback can tell what the validation texts alone cannot.
  const { n, both, onlyServing, onlyCandidate } = sumOf(compared.map(({ counts }) => counts));
  const p = notWorseBy({ n, both, onlyServing, onlyCandidate }, margin);
  const texts = comparisons.map((comparison) => comparison.texts).join(' and ');
  const figures = `${percent((both + onlyCandidate) / n)} against ${percent((both + onlyServing) / n)} of ${n}, ${shownP(p)}`;
  return p < alpha
    ? decide('promote', `worse by less than ${percent(margin)} on ${texts}, if at all: ${figures}`)
    : decide('shadow', `not shown to be worse by less than ${percent(margin)} on ${texts}: ${figures}`);
};
