import { invalidInput } from '@taxon/errors';
import { wilsonInterval } from './intervals.ts';
import type { ObservedAnswer } from './observation.ts';

/** The right labels of one task: the events' `TaskLabels`. */
export interface RightTask {
  readonly task: string;
  readonly labels: readonly string[];
}

/** What somebody said of a prediction: the right labels by task, or no more than that it is wrong. */
export type Verdict = { readonly right: readonly RightTask[] } | { readonly wrong: true };

const sameLabels = (a: readonly string[], b: readonly string[]): boolean => {
  const [one, other] = [new Set(a), new Set(b)];
  return one.size === other.size && [...one].every((label) => other.has(label));
};

/**
 * Whether the answers were right: exactly the right labels in every task that the verdict names. An abstention is no right
 * answer. Undefined where it cannot be told, as there is no answer to a task that the verdict names.
 */
export const judge = (answers: readonly ObservedAnswer[], verdict: Verdict): boolean | undefined => {
  if ('wrong' in verdict) return false;
  if (verdict.right.length === 0) return undefined;
  let right = true;
  for (const { task, labels } of verdict.right) {
    const answer = answers.find((candidate) => candidate.task === task);
    if (answer === undefined) return undefined;
    right &&= sameLabels(answer.labels, labels);
  }
  return right;
};

export interface AccuracyOptions {
  /** Judged answers before it speaks. @default 50 */
  leastN?: number;
  /** Of the interval. @default 0.95 */
  level?: number;
}

/** How often a version was right, as far as feedback tells: people answer rather where it was wrong. */
export interface FeedbackAccuracy {
  n: number;
  /** Of n. */
  right: number;
  /** 0..1; 0 where n is 0. */
  accuracy: number;
  /** Wilson interval. */
  lower: number;
  upper: number;
  /** False: too few to act on. */
  enough: boolean;
}

/**
 * Accuracy over judged answers.
 * @throws TaxonError `invalid_input` for more right ones than there are
 */
export const feedbackAccuracy = (
  { right, n }: { right: number; n: number },
  { leastN = 50, level = 0.95 }: AccuracyOptions = {},
): FeedbackAccuracy => {
  if (!(right >= 0 && right <= n)) throw invalidInput(`feedback: ${right} right of ${n}`);
  return { n, right, accuracy: n === 0 ? 0 : right / n, ...wilsonInterval(right, n, level), enough: n >= leastN };
};
