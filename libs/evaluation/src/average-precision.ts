import { ratio } from './shapes.ts';

/**
 * Average precision, a sum of steps over distinct scores (not the trapezoid, which flatters); 0 where nothing is positive.
 * @param scores in falling order, or in any in which equal ones, which are one step, lie together
 * @param positiveAt 1 = to be found, by place in that order
 */
export const averagePrecision = (scores: ArrayLike<number>, positiveAt: (place: number) => number): number => {
  let [found, before, sum] = [0, 0, 0];
  for (let i = 0; i < scores.length; i++) {
    found += positiveAt(i);
    const last = i + 1 === scores.length || scores[i + 1] !== scores[i];
    if (!last || found === before) continue;
    sum += ((found - before) * found) / (i + 1);
    before = found;
  }
  return ratio(sum, found);
};
