import { indexOfLargest } from '@taxon/probability';
import type { AnsweredTask, AnsweredText, AnswersHeader, AnswersTask } from './answers-file.ts';

/** A decision that counts: of a single-label task the likeliest label also where the model abstains. */
export interface Decision {
  /** Right labels; absent where they are not known. */
  expected?: readonly string[];
  given: readonly string[];
  /** [given] their probabilities. */
  scores?: readonly number[];
  abstained?: boolean;
}

export interface DecidedText extends Omit<AnsweredText, 'tasks'> {
  /** By task. */
  decisions: readonly Decision[];
}

/** Answers to some texts, without the probabilities of labels that were not given. */
export interface Answers extends Omit<AnswersHeader, 'kind' | 'version'> {
  texts: DecidedText[];
}

/** From an answer to what counts, by the name of the label: `places` are those of the task's labels. */
const decide = (
  { kind, labels }: AnswersTask,
  places: ReadonlyMap<string, number>,
  { labels: right, answer, probabilities }: AnsweredTask,
): Decision => {
  const single = kind === 'single-label';
  const abstained = single && answer.length === 0 && probabilities !== undefined;
  const given = abstained ? [labels[indexOfLargest(probabilities)]!] : [...new Set(answer)];
  return {
    // A single-label task has no text without a label: an empty list says that it is not known.
    ...(right !== undefined &&
      (!single || right.length > 0) && {
        expected: single ? right.slice(0, 1) : [...new Set(right)],
      }),
    given,
    ...(probabilities && { scores: given.map((label) => probabilities[places.get(label) ?? -1] ?? 0) }),
    ...(abstained && { abstained }),
  };
};

/** What decides of each answer, one after the other, by a header's tasks. */
export const createCollector = ({ tasks }: Pick<AnswersHeader, 'tasks'>): ((text: AnsweredText) => DecidedText) => {
  const places = tasks.map(({ labels }) => new Map(labels.map((label, i) => [label, i])));
  return ({ tasks: own, ...text }) => ({
    ...text,
    decisions: tasks.map((task, i) => decide(task, places[i]!, own[i]!)),
  });
};

/** Answers as they are compared. */
export const collectAnswers = (
  header: Omit<AnswersHeader, 'kind' | 'version'>,
  texts: Iterable<AnsweredText>,
): Answers => ({ ...header, texts: Array.from(texts, createCollector(header)) });
