import { type ConfusionCell, type ConfusionMatrix, mostConfused } from '../../confusion-matrix.ts';

/** Stands for every class that is not shown. */
export const otherClasses = '(other classes)';

/** Labels of the pairs confused most, in order, until there are `limit`. */
const worstLabels = (matrix: ConfusionMatrix, limit: number): number[] => {
  const indexOf = new Map(matrix.labels.map((label, i) => [label, i]));
  const chosen = new Set<number>();
  for (const { expected, predicted } of mostConfused(matrix, Infinity)) {
    const pair = [indexOf.get(expected)!, indexOf.get(predicted)!].filter((label) => !chosen.has(label));
    if (chosen.size + pair.length <= limit) for (const label of pair) chosen.add(label);
    if (chosen.size === limit) break;
  }
  return [...chosen];
};

/** Puts classes beside those they are mixed up with: each next one is the class linked most to the last, else the worst left. */
const chain = (classes: readonly number[], cells: readonly ConfusionCell[]): number[] => {
  const links = new Map<string, number>();
  for (const { expected, predicted, count } of cells)
    for (const key of [`${expected},${predicted}`, `${predicted},${expected}`])
      links.set(key, (links.get(key) ?? 0) + count);
  const left = [...classes];
  const ordered = left.splice(0, 1);
  while (left.length > 0) {
    const strength = left.map((candidate) => links.get(`${ordered.at(-1)!},${candidate}`) ?? 0);
    ordered.push(...left.splice(strength.indexOf(Math.max(...strength)), 1));
  }
  return ordered;
};

/**
 * The part of a large matrix that is worth looking at: the classes of the pairs confused most, ordered so that classes that are mixed
 * up stand beside each other, and one row and column (`otherClasses`) for mistakes that involve the rest.
 */
export const focusConfusion = (matrix: ConfusionMatrix, limit: number): ConfusionMatrix => {
  const shown = chain(worstLabels(matrix, limit), matrix.cells);
  const place = new Map(shown.map((i, at) => [i, at]));
  const placeOf = (i: number): number => place.get(i) ?? shown.length;
  const sums = new Map<string, ConfusionCell>();
  for (const { expected, predicted, count } of matrix.cells) {
    const cell = { expected: placeOf(expected), predicted: placeOf(predicted), count };
    if (cell.expected === shown.length && cell.predicted === shown.length) continue;
    const key = `${cell.expected},${cell.predicted}`;
    const sum = sums.get(key);
    if (sum === undefined) sums.set(key, cell);
    else sum.count += count;
  }
  return { labels: [...shown.map((i) => matrix.labels[i]!), otherClasses], cells: [...sums.values()] };
};
