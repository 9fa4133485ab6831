import type { Example, LabelIndices, LabelSpace } from '@taxon/data';
import {
  confidenceScores,
  confusionMatrix,
  groupByLabelCount,
  groupByLength,
  groupByName,
  multiLabelIntervals,
  multiLabelMetrics,
  multiLabelMistakes,
  multiLabelSlices,
  rankingMetrics,
  relaxedCriteria,
  riskCoverage,
  singleLabelIntervals,
  singleLabelMistakes,
  singleLabelSlices,
  topKAccuracy,
  applyThresholds,
  type Grouping,
  type HeldOutPart,
  type MistakeText,
  type MultiLabelTaskReport,
  type PartScores,
  type SingleLabelTaskReport,
  type TaskReport,
} from '@taxon/evaluation';
import type { ScoredPart } from './score.ts';
import type { TaskAnswers } from './task-answers.ts';
import { taskLogits, type TaskLogits } from './task-logits.ts';

/** A scored part with its texts. */
export interface ReportedPart {
  split: HeldOutPart;
  scored: ScoredPart;
  examples: readonly Example[];
  /** Of the examples. */
  labels: readonly LabelIndices[];
}

type AnswersOf<Kind extends TaskAnswers['kind']> = Extract<TaskAnswers, { kind: Kind }>;
type LogitsOf<Kind extends TaskLogits['kind']> = Extract<TaskLogits, { kind: Kind }>;

const partScores = ({ scored }: ReportedPart, task: number, labels: readonly string[]): PartScores => {
  const { n, figures, perLabel } = scored.scores.tasks[task]!;
  const answers = scored.answers[task]!;
  const intervals =
    answers.kind === 'single-label'
      ? singleLabelIntervals(answers.expected, answers.predicted, labels, { unseenLabels: answers.unseen })
      : multiLabelIntervals(answers.given);
  return { n, figures, perLabel, ...(n > 0 && { intervals }) };
};

export const textsOf = (examples: readonly Example[], texts: readonly number[]): MistakeText[] =>
  texts.map((i) => {
    const { text, pair, source, line } = examples[i]!;
    return { text, pair, source, line };
  });

/** Groups of texts that are worth a look of their own. */
const groupingsOf = (texts: readonly MistakeText[]): Grouping[] => [
  groupByLength(texts.map(({ text, pair = '' }) => text.length + pair.length)),
  ...(texts.some(({ source }) => source !== undefined) ? [groupByName(texts.map(({ source }) => source))] : []),
];

const singleLabel = (
  { examples }: ReportedPart,
  answers: AnswersOf<'single-label'>,
  { logits }: LogitsOf<'single-label'>,
  labels: readonly string[],
): Partial<SingleLabelTaskReport> => {
  const { texts, expected, predicted, unseen } = answers;
  const shown = textsOf(examples, texts);
  const right = Uint8Array.from(expected, (label, i) => Number(label === predicted[i]));
  return {
    confusion: confusionMatrix(expected, predicted, labels, unseen),
    topK: topKAccuracy(logits, expected, labels.length),
    mistakes: singleLabelMistakes(shown, expected, predicted, labels, logits, { unseenLabels: unseen }),
    slices: groupingsOf(shown).map((grouping) => singleLabelSlices(grouping, expected, predicted, labels, unseen)),
    abstention: {
      confidence: 'maxProbability',
      riskCoverage: riskCoverage(confidenceScores(logits, labels.length, 'maxProbability'), right),
    },
  };
};

const multiLabel = (
  { examples }: ReportedPart,
  { texts, given }: AnswersOf<'multi-label'>,
  { logits, expected }: LogitsOf<'multi-label'>,
  labels: readonly string[],
): Partial<MultiLabelTaskReport> => {
  const shown = textsOf(examples, texts);
  const groupings = [...groupingsOf(shown), groupByLabelCount(given.expected, given.labels.length)];
  const { n, perLabel, ...figures } = multiLabelMetrics({
    labels,
    expected,
    predicted: applyThresholds(logits, labels.length, 0),
  });
  return {
    atHalf: { n, figures, perLabel },
    relaxed: relaxedCriteria(given),
    ranking: rankingMetrics(logits, expected, labels),
    mistakes: multiLabelMistakes(shown, given, logits),
    slices: groupings.map((grouping) => multiLabelSlices(grouping, given)),
  };
};

/**
 * What scored parts tell of every task: their scores with intervals, and of the last part what is behind them.
 * @param parts in the order of their worth: what is told in detail is told of the last
 */
export const taskReports = (parts: readonly ReportedPart[], space: LabelSpace): TaskReport[] =>
  space.tasks.map(({ name, kind, labels }, task): TaskReport => {
    const shown = parts.at(-1);
    const final = Object.fromEntries(parts.map((part) => [part.split, partScores(part, task, labels)]));
    const common = { name, final, mistakes: [], ...(shown && { split: shown.split }) };
    if (shown === undefined) return { ...common, kind };
    const own = taskLogits(shown.scored.logits, shown.labels, space, task);
    const answers = shown.scored.answers[task]!;
    if (answers.kind === 'single-label' && own.kind === 'single-label')
      return { ...common, kind: 'single-label', ...singleLabel(shown, answers, own, labels) };
    if (answers.kind === 'multi-label' && own.kind === 'multi-label')
      return { ...common, kind: 'multi-label', ...multiLabel(shown, answers, own, labels) };
    return { ...common, kind };
  });
