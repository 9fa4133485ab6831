import { invalidInput } from '@taxon/errors';
import { compareCodePoints } from './compare-code-points.ts';
import type { Example } from './example.ts';
import { createRandom, shuffle, type Random } from './random.ts';

/** In random order, every example that has a label whose quota is not filled yet; returned in the examples' order. */
const fillQuotas = (
  examples: readonly Example[],
  task: number,
  quotaOf: (label: string) => number,
  random: Random,
): Example[] => {
  const taken = new Map<string, number>();
  const chosen = shuffle([...examples.keys()], random).filter((i) => {
    const labels = examples[i]!.labels[task] ?? [];
    if (!labels.some((label) => (taken.get(label) ?? 0) < quotaOf(label))) return false;
    for (const label of labels) taken.set(label, (taken.get(label) ?? 0) + 1);
    return true;
  });
  return chosen.sort((a, b) => a - b).map((i) => examples[i]!);
};

/**
 * So many examples of every class, or all where there are fewer. Seeded; a larger cut of the same seed holds the smaller one
 * (single-label). Of multi-label examples every label has at least that many. `task`: index of the labels that count.
 * @throws TaxonError `invalid_input` when `perClass` is not a positive integer
 */
export const fewShot = (examples: readonly Example[], perClass: number, seed: number, task = 0): Example[] => {
  if (!Number.isInteger(perClass) || perClass < 1)
    throw invalidInput(`examples per class: ${perClass}; it must be a positive integer`);
  return fillQuotas(examples, task, () => perClass, createRandom(seed));
};

export interface ImbalancedCutOptions {
  /** Size of the largest class and of the smallest: positive integers, `from` ≥ `to`. */
  from: number;
  to: number;
  seed: number;
  /** Index of the (single-label) task whose classes are cut. @default 0 */
  task?: number;
}

/**
 * A cut whose class sizes fall geometrically from `from` to `to`; which class is large is drawn by the seed. A class with fewer examples
 * gives all it has; examples of unknown class are left out.
 * @throws TaxonError `invalid_input` for sizes out of range
 */
export const imbalancedCut = (examples: readonly Example[], options: ImbalancedCutOptions): Example[] => {
  const { from, to, seed, task = 0 } = options;
  if (!Number.isInteger(from) || !Number.isInteger(to) || to < 1 || from < to)
    throw invalidInput(`class sizes from ${from} to ${to}; they must be positive integers, the larger first`);
  const random = createRandom(seed);
  const labels = [...new Set(examples.flatMap((example) => example.labels[task] ?? []))].sort(compareCodePoints);
  const last = Math.max(1, labels.length - 1);
  const sizes = new Map(
    shuffle(labels, random).map((label, rank) => [label, Math.round(from * (to / from) ** (rank / last))]),
  );
  return fillQuotas(examples, task, (label) => sizes.get(label)!, random);
};
