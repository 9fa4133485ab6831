import { ratio } from './shapes.ts';

/**
 * Average precision, a sum of steps over distinct scores (not the trapezoid, which flatters); 0 where nothing is positive.
 * @param order indices by falling score
 * @param scores equal ones are one step
 * @param isPositive 1 = to be found
 */
export const averagePrecision = (
  order: Uint32Array,
  scores: ArrayLike<number>,
  isPositive: (index: number) => number,
): number => {
  let [found, before, sum] = [0, 0, 0];
  for (let i = 0; i < order.length; i++) {
    found += isPositive(order[i]!);
    const last = i + 1 === order.length || scores[order[i + 1]!] !== scores[order[i]!];
    if (!last || found === before) continue;
    sum += ((found - before) * found) / (i + 1);
    before = found;
  }
  return ratio(sum, found);
};
