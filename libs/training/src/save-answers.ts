import type { Example, LabelSpace } from '@taxon/data';
import { writeAnswers, type AnsweredText } from '@taxon/evaluation';
import { countOutputs, createDecider, type DecisionRule, type TaskAnswer } from '@taxon/models';

/** What was answered to a text, by the names of the labels. */
export const answeredText = (
  { tasks }: LabelSpace,
  { text, pair, source, line, labels }: Example,
  decided: readonly TaskAnswer[],
): AnsweredText => ({
  ...{ text, pair, source, line },
  tasks: tasks.map(({ labels: names }, task) => {
    const { answer, probabilities } = decided[task]!;
    return { labels: labels[task], answer: answer.map((label) => names[label]!), probabilities };
  }),
});

/** What logits say to some texts. */
export interface LogitAnswers {
  space: LabelSpace;
  rule: DecisionRule;
  examples: readonly Example[];
  /** [examples, C] */
  logits: Float32Array;
}

/** Every text with its answers, decided as they are asked for: those of 600 labels are many. */
export function* answeredTexts({ space, rule, examples, logits }: LogitAnswers): Generator<AnsweredText> {
  const outputs = countOutputs(space);
  const decide = createDecider(space, rule);
  for (const [i, example] of examples.entries())
    yield answeredText(space, example, decide(logits.subarray(i * outputs, (i + 1) * outputs)));
}

/** What a file of answers says of a label space. */
export const answersHeader = ({ tasks, hierarchy }: LabelSpace) => ({
  ...(hierarchy && { hierarchy: true }),
  tasks: tasks.map(({ name, kind, labels }) => ({ name, kind, labels })),
});

/**
 * Keeps answers in a file that `readAnswers` and `taxon compare` read.
 * @param split part of a run's data, such as test
 * @throws TaxonError as `writeAnswers`
 */
export const saveAnswers = (
  path: string,
  answers: LogitAnswers,
  { split, signal }: { split?: string; signal?: AbortSignal } = {},
): Promise<void> =>
  writeAnswers(
    path,
    { ...(split !== undefined && { split }), ...answersHeader(answers.space) },
    answeredTexts(answers),
    signal,
  );
