import type { Example, LabelSpace } from '@taxon/data';
import { withUnseenLabels, type MultiLabelAnswers } from '@taxon/evaluation';
import { indexOfLargest } from '@taxon/probability';
import type { TaskAnswer } from '@taxon/models';

/** What was answered in one task, beside what is right. */
export type TaskAnswers =
  | {
      kind: 'single-label';
      /** Indices of the texts whose label is known. */
      texts: number[];
      /** [texts] index of the right label, −1 where training never saw it */
      expected: Int32Array;
      /** [texts] the likeliest label, also where the model abstains */
      predicted: Int32Array;
      /** Names of the labels that training never saw, one for each −1. */
      unseen: string[];
    }
  | { kind: 'multi-label'; texts: number[]; given: MultiLabelAnswers };

const singleLabelAnswers = (
  examples: readonly Example[],
  task: number,
  index: ReadonlyMap<string, number>,
  answers: readonly TaskAnswer[][],
): TaskAnswers => {
  const texts = [...examples.keys()].filter((i) => (examples[i]!.labels[task]?.length ?? 0) > 0);
  const names = texts.map((i) => examples[i]!.labels[task]![0]!);
  return {
    kind: 'single-label',
    texts,
    expected: Int32Array.from(names, (name) => index.get(name) ?? -1),
    predicted: Int32Array.from(
      texts,
      (i) => answers[i]![task]!.answer[0] ?? indexOfLargest(answers[i]![task]!.probabilities),
    ),
    unseen: names.filter((name) => !index.has(name)),
  };
};

const multiLabelAnswers = (
  examples: readonly Example[],
  task: number,
  labels: readonly string[],
  index: ReadonlyMap<string, number>,
  answers: readonly TaskAnswer[][],
): TaskAnswers => {
  const texts = [...examples.keys()].filter((i) => examples[i]!.labels[task] !== undefined);
  const matrix = (rows: readonly (readonly number[])[]): Uint8Array => {
    const into = new Uint8Array(rows.length * labels.length);
    rows.forEach((row, i) => row.forEach((label) => (into[i * labels.length + label] = 1)));
    return into;
  };
  const right = texts.map((i) => examples[i]!.labels[task]!);
  const known = { labels, expected: matrix(right.map((own) => own.flatMap((name) => index.get(name) ?? []))) };
  const given = { ...known, predicted: matrix(texts.map((i) => answers[i]![task]!.answer)) };
  const unseen = right.map((own) => own.filter((name) => !index.has(name)));
  return { kind: 'multi-label', texts, given: withUnseenLabels(given, unseen) };
};

/**
 * The answers of every task.
 * @param decided of each example, by task
 */
export const answersByTask = (
  { tasks }: LabelSpace,
  examples: readonly Example[],
  decided: readonly TaskAnswer[][],
): TaskAnswers[] =>
  tasks.map(({ kind, labels }, task) => {
    const index = new Map(labels.map((label, i) => [label, i]));
    return kind === 'multi-label'
      ? multiLabelAnswers(examples, task, labels, index, decided)
      : singleLabelAnswers(examples, task, index, decided);
  });
