import { invalidInput } from '@taxon/errors';
import { createRandom, type Random } from './random.ts';

const restarts = 10; // the best of ten starts: k-means++ alone falls into a poor optimum now and then
const rounds = 50; // converges in about ten
/** No group holds more than twice its share: a coarse class that holds everything decides nothing. */
const largestShare = 2;

const normalize = (row: Float64Array): void => {
  const norm = Math.sqrt(row.reduce((sum, value) => sum + value * value, 0)) || 1;
  for (let i = 0; i < row.length; i++) row[i]! /= norm;
};

/** Rows less their mean, to unit length: what is common to all (most of a mean-pooled embedding) tells nothing apart. */
const directions = (rows: Float32Array, size: number): Float64Array => {
  const n = rows.length / size;
  const mean = new Float64Array(size);
  rows.forEach((value, i) => (mean[i % size]! += value / n));
  const unit = Float64Array.from(rows, (value, i) => value - mean[i % size]!);
  for (let row = 0; row < n; row++) normalize(unit.subarray(row * size, (row + 1) * size));
  return unit;
};

const dot = (a: Float64Array, aRow: number, b: Float64Array, bRow: number, size: number): number => {
  let sum = 0;
  for (let i = 0; i < size; i++) sum += a[aRow * size + i]! * b[bRow * size + i]!;
  return sum;
};

/** k-means++: every next centre is drawn by its distance (1 − cosine) to the nearest one so far. [groups, size] */
const firstCentres = (points: Float64Array, size: number, groups: number, random: Random): Float64Array => {
  const n = points.length / size;
  const centres = new Float64Array(groups * size);
  const distance = new Float64Array(n).fill(1);
  for (let g = 0; g < groups; g++) {
    let left = random() * distance.reduce((sum, d) => sum + d, 0);
    let chosen = distance.findIndex((d) => d > 0 && (left -= d) < 0);
    if (chosen === -1) chosen = Math.floor(random() * n);
    centres.set(points.subarray(chosen * size, (chosen + 1) * size), g * size);
    for (let i = 0; i < n; i++) distance[i] = Math.min(distance[i]!, Math.max(0, 1 - dot(points, i, centres, g, size)));
    distance[chosen] = 0;
  }
  return centres;
};

/** Every label to its nearest centre that has room, those that would lose most by another choice first; no group stays empty. */
const assign = (likeness: Float64Array, groups: number, capacity: number): Int32Array => {
  const n = likeness.length / groups; // likeness: [labels, groups]
  const at = (i: number, g: number): number => likeness[i * groups + g]!;
  const margin = Float64Array.from({ length: n }, (_, i) => {
    const [best, second] = likeness
      .slice(i * groups, (i + 1) * groups)
      .sort()
      .reverse();
    return best! - (second ?? 0);
  });
  const sizes = new Int32Array(groups);
  const groupOf = new Int32Array(n);
  for (const i of [...margin.keys()].sort((a, b) => margin[b]! - margin[a]! || a - b)) {
    let best = -1;
    for (let g = 0; g < groups; g++) if (sizes[g]! < capacity && (best === -1 || at(i, g) > at(i, best))) best = g;
    groupOf[i] = best;
    sizes[best]!++;
  }
  for (let g = 0; g < groups; g++) {
    if (sizes[g]! > 0) continue;
    let worst = -1; // the label least like its centre, of those that leave nobody alone
    for (let i = 0; i < n; i++)
      if (sizes[groupOf[i]!]! > 1 && (worst === -1 || at(i, groupOf[i]!) < at(worst, groupOf[worst]!))) worst = i;
    sizes[groupOf[worst]!]!--;
    sizes[g] = 1;
    groupOf[worst] = g;
  }
  return groupOf;
};

/** Mean directions of the groups. [groups, size] */
const centresOf = (points: Float64Array, size: number, groupOf: Int32Array, groups: number): Float64Array => {
  const centres = new Float64Array(groups * size);
  groupOf.forEach((g, row) => {
    for (let i = 0; i < size; i++) centres[g * size + i]! += points[row * size + i]!;
  });
  for (let g = 0; g < groups; g++) normalize(centres.subarray(g * size, (g + 1) * size));
  return centres;
};

interface Grouping {
  groupOf: Int32Array;
  /** Sum of the cosines between labels and their centres. */
  fit: number;
}

/** One run of k-means. */
const runFrom = (start: Float64Array, points: Float64Array, size: number, groups: number): Grouping => {
  const n = points.length / size;
  const capacity = Math.ceil((largestShare * n) / groups);
  let centres = start;
  let best: Grouping = { groupOf: new Int32Array(0), fit: -Infinity };
  for (let round = 0; round < rounds; round++) {
    const likeness = Float64Array.from({ length: n * groups }, (_, i) =>
      dot(points, Math.floor(i / groups), centres, i % groups, size),
    );
    const groupOf = assign(likeness, groups, capacity);
    centres = centresOf(points, size, groupOf, groups);
    const fit = groupOf.reduce((sum, g, i) => sum + dot(points, i, centres, g, size), 0);
    if (fit <= best.fit + 1e-9) break;
    best = { groupOf, fit };
  }
  return best;
};

/** Groups numbered by their first label, so that equal groupings are equal arrays. */
const renumbered = (groupOf: Int32Array): Int32Array => {
  const numbers = new Map<number, number>();
  return groupOf.map((g) => {
    if (!numbers.has(g)) numbers.set(g, numbers.size);
    return numbers.get(g)!;
  });
};

/**
 * Groups labels that are alike, by the centroids of their texts' embeddings: spherical k-means on the centred centroids with k-means++
 * starts, the best of ten, where no group holds more than twice its share.
 * @param centroids [labels, size]
 * @param groups from 1 to the number of labels; none stays empty
 * @returns the group of every label, numbered in the order of their first label
 * @throws TaxonError `invalid_input` when `groups` is out of range
 */
export const clusterLabels = (centroids: Float32Array, size: number, groups: number, seed: number): Int32Array => {
  const n = centroids.length / size;
  if (!Number.isInteger(groups) || groups < 1 || groups > n)
    throw invalidInput(`${groups} groups of ${n} labels cannot be made; it must be an integer from 1 to ${n}`);
  const points = directions(centroids, size);
  const random = createRandom(seed);
  let best: Grouping = { groupOf: new Int32Array(n), fit: -Infinity };
  for (let restart = 0; restart < restarts; restart++) {
    const run = runFrom(firstCentres(points, size, groups, random), points, size, groups);
    if (run.fit > best.fit + 1e-9) best = run;
  }
  return renumbered(best.groupOf);
};

/**
 * Names for the groups of `clusterLabels`: the most central label and how many others there are, such as `transfer +11`.
 * @param labels in the order of the centroids
 */
export const nameGroups = (
  groupOf: Int32Array,
  labels: readonly string[],
  centroids: Float32Array,
  size: number,
): string[] => {
  const groups = 1 + groupOf.reduce((most, g) => Math.max(most, g), -1);
  const points = directions(centroids, size);
  const centres = centresOf(points, size, groupOf, groups);
  return Array.from({ length: groups }, (_, g) => {
    const members = labels.map((_, i) => i).filter((i) => groupOf[i] === g);
    const likeness = members.map((i) => dot(points, i, centres, g, size));
    const central = labels[members[likeness.indexOf(Math.max(...likeness))]!]!;
    return members.length === 1 ? central : `${central} +${members.length - 1}`;
  });
};
