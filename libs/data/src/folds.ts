import { invalidInput } from '@taxon/errors';
import type { Example } from './example.ts';
import { iterativeStratification } from './iterative-stratification.ts';
import { countOf } from './note.ts';
import { createRandom } from './random.ts';
import { strataOf } from './strata.ts';

/**
 * Stratified folds for cross-validation: every label of every task has its share of every fold, copies of a text are in one fold, and
 * a label with two different texts or more is in two folds at least, so that no fold is asked about a label that its training lacks
 * (labels that share all their texts may still be). Seeded.
 * @returns the fold of every example, 0 to k − 1; none is empty
 * @throws TaxonError `invalid_input` when k is not an integer of 2 or more, or above the number of different texts
 */
export const foldsOf = (
  examples: readonly Example[],
  k: number,
  seed: number,
  { hierarchical = false }: { hierarchical?: boolean } = {},
): Int32Array => {
  if (!Number.isInteger(k) || k < 2)
    throw invalidInput(`the number of folds is ${k}; it must be an integer of 2 or more`);
  const { strata, units } = strataOf(examples, hierarchical);
  if (units.length < k)
    throw invalidInput(
      `${countOf(units.length, 'different text')} cannot make ${k} folds`,
      'Ask for fewer folds, or give more examples.',
    );
  const shares = new Array<number>(k).fill(1 / k);
  const random = createRandom(seed);
  const parts = iterativeStratification(units, { strata: strata.length, shares, random, guarantee: 'several-parts' });
  const folds = new Int32Array(examples.length);
  units.forEach((unit, u) => {
    for (const i of unit.examples) folds[i] = parts[u]!;
  });
  return folds;
};
