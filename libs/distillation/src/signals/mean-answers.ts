import type { LabelSpace } from '@taxon/data';
import { averageLogits, outputGroups } from '@taxon/models';
import { softmaxes } from '@taxon/probability';

/**
 * Logits z whose probabilities at temperature T are the weighted means of the teachers' probabilities at T.
 * @param teachers [C] logits each, in the order of `space`
 * @param shares of the teachers, together 1
 */
export const meanAnswers = (
  space: LabelSpace,
  teachers: readonly Float32Array[],
  shares: readonly number[],
  temperature: number,
): Float32Array => {
  if (teachers.length === 1) return teachers[0]!;
  const cooled = teachers.map((logits) => logits.map((z) => z / temperature));
  return averageLogits(space, cooled, shares).map((z) => z * temperature);
};

/**
 * How much each group of a text's answers counts, [G]: all of them, but the fine labels of a coarse one by the teacher's probability of
 * it. The sum is then the divergence of the joint distribution of coarse and fine labels.
 */
export const groupShares = (space: LabelSpace, logits: Float32Array, temperature: number): Float32Array => {
  const groups = outputGroups(space);
  const coarse = groups.find(({ task }) => task === 0)!;
  const own = logits.subarray(coarse.begin, coarse.end);
  const parents = space.hierarchy && softmaxes(own, own.length, temperature);
  return Float32Array.from(groups, ({ parent }) => (parent === undefined ? 1 : parents![parent]!));
};
