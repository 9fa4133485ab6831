import type { TaskAnswer } from './decision.ts';

/**
 * The labels of one task as they are told: those answered first, then the others, each by falling probability; equal ones in
 * the order of the labels.
 * @param order written: [wanted] labels
 * @param probabilities written: [wanted] their probabilities, 0..1
 */
export const rankLabels = (answer: TaskAnswer, order: Int32Array, probabilities: Float32Array): void => {
  const { probabilities: all, answer: given } = answer;
  if (order.length === 1 && given.length === 1) order[0] = given[0]!;
  else {
    const isGiven = new Set(given);
    const rank = (label: number): number => (isGiven.has(label) ? 1 : 0);
    const ranked = Int32Array.from(all.keys()).sort((a, b) => rank(b) - rank(a) || all[b]! - all[a]! || a - b);
    order.set(ranked.subarray(0, order.length));
  }
  order.forEach((label, i) => (probabilities[i] = all[label]!));
};
