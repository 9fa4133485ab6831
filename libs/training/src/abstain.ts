import type { LabelIndices, LabelSpace } from '@taxon/data';
import {
  abstentionScores,
  chooseAbstention,
  confidenceScores,
  outOfScopeDetection,
  type AbstentionReport,
} from '@taxon/evaluation';
import { indexOfLargest } from '@taxon/probability';
import { invalidInput } from '@taxon/errors';
import { mainTask } from '@taxon/models';
import type { Recipe } from './recipe.ts';
import { taskLogits } from './task-logits.ts';

/** The main task's surest probability of every text, and whether it is of the right label. */
interface Sureness {
  /** [texts] 0..1 */
  scores: Float64Array;
  /** [texts] 0 or 1 */
  right: Uint8Array;
}

const surenessOf = (logits: Float32Array, labels: readonly LabelIndices[], space: LabelSpace): Sureness => {
  const own = taskLogits(logits, labels, space, mainTask(space));
  const classes = space.tasks[mainTask(space)]!.labels.length;
  const { expected } = own;
  const right = Uint8Array.from(own.texts, (_, i) => {
    const row = own.logits.subarray(i * classes, (i + 1) * classes);
    return Number(indexOfLargest(row) === expected[i]);
  });
  return { scores: confidenceScores(own.logits, classes, 'maxProbability'), right };
};

const join = (inScope: Sureness, outOfScope: Float64Array) => ({
  scores: Float64Array.of(...inScope.scores, ...outOfScope),
  inScope: Uint8Array.of(...inScope.scores.map(() => 1), ...outOfScope.map(() => 0)),
  right: Uint8Array.of(...inScope.right, ...outOfScope.map(() => 0)),
});

export interface AbstainOptions {
  space: LabelSpace;
  validation: { logits: Float32Array; labels: readonly LabelIndices[] };
  /** What the report speaks of. @default the validation part */
  shown?: { logits: Float32Array; labels: readonly LabelIndices[] };
  /** [texts out of scope, C]: every other one helps to choose, the others are reported. */
  outOfScope?: Float32Array;
}

export interface Abstaining {
  /** Below this probability the model does not answer. */
  threshold: number;
  report: AbstentionReport;
}

/**
 * Chooses below which probability of its best label the main task is left unanswered: on the validation part and half of the texts
 * out of scope, for the best mean of both F1; or, without such texts, so that the wanted share of the validation part is answered.
 * The report is of the other half.
 */
export const chooseAbstaining = (
  { coverage }: Recipe['abstain'],
  { space, validation, shown = validation, outOfScope }: AbstainOptions,
): Abstaining => {
  const inScope = surenessOf(validation.logits, validation.labels, space);
  const outside =
    outOfScope === undefined
      ? new Float64Array()
      : surenessOf(outOfScope, unknownTexts(outOfScope, space), space).scores;
  const half = (odd: number): Float64Array => outside.filter((_, i) => i % 2 === odd);
  const target = outOfScope === undefined ? { inScopeCoverage: coverage } : ({ maximize: 'macroF1' } as const);
  const chosenOn = join(inScope, half(0));
  const { threshold } = chooseAbstention(chosenOn.scores, chosenOn.inScope, target, chosenOn.right);
  const told = join(surenessOf(shown.logits, shown.labels, space), half(1));
  return {
    threshold: Math.max(0, threshold),
    report: {
      confidence: 'maxProbability',
      target,
      chosen: abstentionScores(told.scores, told.inScope, threshold, told.right),
      ...(outOfScope && { outOfScope: outOfScopeDetection(told.scores, told.inScope) }),
    },
  };
};

/** Labels of texts that have none of the space's: known, and never right. */
const unknownTexts = (logits: Float32Array, { tasks }: LabelSpace): LabelIndices[] => {
  const outputs = tasks.reduce((sum, { labels }) => sum + labels.length, 0);
  return Array.from({ length: logits.length / outputs }, () => tasks.map(() => new Int32Array()));
};

/** @throws TaxonError `invalid_input` where a model cannot abstain */
export const expectAbstainable = ({ abstain }: Recipe, space: LabelSpace): void => {
  if (abstain.coverage === 1 && abstain.outOfScope === undefined) return;
  const task = space.tasks[mainTask(space)]!;
  if (task.kind === 'multi-label')
    throw invalidInput(
      `abstain is for single-label tasks; '${task.name}' is multi-label, which answers nothing by giving no label`,
      'Leave abstain out.',
    );
};
