import { classificationMetrics } from './classification-metrics.ts';
import type { SingleLabelMetrics } from './metrics.ts';
import { ratio } from './shapes.ts';

/** One level of a hierarchy, coarse ones first. */
export interface HierarchyLevel {
  name: string;
  labels: readonly string[];
  /** Index of the right label, −1 for a label unseen in training: [texts]. */
  expected: Int32Array;
  /** Index of the answer: [texts]. */
  predicted: Int32Array;
  /** Index in the level above of each label's parent: [labels]. Left out at the first level. */
  parents?: readonly number[];
}

/** Figures by level and by path. Shares of texts, 0..1. */
export interface HierarchicalMetrics {
  n: number;
  levels: { name: string; metrics: SingleLabelMetrics }[];
  /** Right at every level. */
  pathAccuracy: number;
  /** By level below the first: share of right answers among the texts that are right at all levels above. */
  accuracyGivenParents: { name: string; n: number; accuracy: number }[];
  /** Answers whose parent, at every level, is the answer given there. */
  consistency: number;
  /** Over each label together with its ancestors, summed over texts (Kiritchenko et al. 2005). */
  hierarchicalPrecision: number;
  hierarchicalRecall: number;
  hierarchicalF1: number;
}

/** The label at each level that an index of one level implies: itself and its ancestors, one [level, index] each. */
const climb = (levels: readonly HierarchyLevel[], level: number, index: number): [number, number][] => {
  const path: [number, number][] = [];
  for (let at = level, label: number | undefined = index; label !== undefined; at--) {
    path.push([at, label]);
    label = label < 0 ? undefined : levels[at]!.parents?.[label];
  }
  return path;
};

/** Labels of one text with all their ancestors, as keys; an unseen label is a key of its own that nothing equals. */
const closure = (levels: readonly HierarchyLevel[], labels: readonly number[]): Set<string> =>
  new Set(labels.flatMap((label, level) => climb(levels, level, label).map(([at, index]) => `${at} ${index}`)));

const checkLevels = (levels: readonly HierarchyLevel[]): number => {
  const n = levels[0]?.expected.length ?? 0;
  levels.forEach(({ name, expected, predicted, labels, parents }, level) => {
    if (expected.length !== n || predicted.length !== n)
      throw new RangeError(`level ${name} has ${expected.length} and ${predicted.length} labels for ${n} texts`);
    if (level > 0 && parents?.length !== labels.length)
      throw new RangeError(`level ${name} has ${labels.length} labels, but ${parents?.length ?? 0} parents`);
  });
  return n;
};

/** Sums over texts: labels with ancestors, expected, predicted and shared. */
const hierarchicalSums = (levels: readonly HierarchyLevel[], n: number): [number, number, number] => {
  const sums: [number, number, number] = [0, 0, 0];
  for (let text = 0; text < n; text++) {
    const expected = closure(
      levels,
      levels.map((level) => level.expected[text]!),
    );
    const predicted = closure(
      levels,
      levels.map((level) => level.predicted[text]!),
    );
    sums[0] += expected.size;
    sums[1] += predicted.size;
    for (const key of predicted) if (expected.has(key)) sums[2] += 1;
  }
  return sums;
};

/**
 * Figures of a classifier with two or more levels. Where answers are consistent and all paths reach the last level, the
 * hierarchical precision, recall and F1 are one number.
 * @throws RangeError for arrays that do not fit together: a bug of the caller
 */
export const hierarchicalMetrics = (levels: readonly HierarchyLevel[]): HierarchicalMetrics => {
  const n = checkLevels(levels);
  const rightSoFar = new Uint8Array(n).fill(1);
  const accuracyGivenParents: HierarchicalMetrics['accuracyGivenParents'] = [];
  const consistent = new Uint8Array(n).fill(1);
  levels.forEach(({ name, expected, predicted, parents }, level) => {
    const [reached, right] = [count(rightSoFar), rightSoFar];
    for (let text = 0; text < n; text++) {
      if (expected[text] !== predicted[text]) right[text] = 0;
      if (level > 0 && parents![predicted[text]!] !== levels[level - 1]!.predicted[text]) consistent[text] = 0;
    }
    if (level > 0) accuracyGivenParents.push({ name, n: reached, accuracy: ratio(count(right), reached) });
  });
  const [expectedSum, predictedSum, shared] = hierarchicalSums(levels, n);
  return {
    n,
    levels: levels.map(({ name, expected, predicted, labels }) => ({
      name,
      metrics: classificationMetrics(expected, predicted, labels),
    })),
    pathAccuracy: ratio(count(rightSoFar), levels.length === 0 ? 0 : n),
    accuracyGivenParents,
    consistency: ratio(count(consistent), n),
    hierarchicalPrecision: ratio(shared, predictedSum),
    hierarchicalRecall: ratio(shared, expectedSum),
    hierarchicalF1: ratio(2 * shared, predictedSum + expectedSum),
  };
};

const count = (flags: Uint8Array): number => flags.reduce((sum, x) => sum + x, 0);
