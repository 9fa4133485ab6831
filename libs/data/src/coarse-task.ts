import { invalidInput } from '@taxon/errors';
import { compareCodePoints } from './compare-code-points.ts';
import type { Example } from './example.ts';
import { countOf, firstFew } from './note.ts';

export interface CoarseTaskOptions {
  /** What the message calls the map. @default 'the hierarchy' */
  name?: string;
  /** Leave the coarse label of fine labels that the map lacks open, as a held-out file may need. @default false: refuse them */
  lenient?: boolean;
}

/**
 * Puts the coarse task in front: labels [fine] become [coarse, fine]. Not known where the fine label is not.
 * @param examples of one task, the fine one
 * @throws TaxonError `invalid_input` naming the fine labels that the map lacks
 */
export const addCoarseTask = (
  examples: readonly Example[],
  parentOf: ReadonlyMap<string, string>,
  { name = 'the hierarchy', lenient = false }: CoarseTaskOptions = {},
): Example[] => {
  const missing = new Map<string, number>(); // label → first line
  const result = examples.map((example): Example => {
    const fine = example.labels[0];
    const coarse = new Set<string>();
    for (const label of fine ?? []) {
      const parent = parentOf.get(label);
      if (parent !== undefined) coarse.add(parent);
      else if (!missing.has(label)) missing.set(label, example.line);
    }
    const known = fine !== undefined && fine.every((label) => parentOf.has(label));
    return { ...example, labels: [known ? [...coarse] : undefined, ...example.labels] };
  });
  if (missing.size === 0 || lenient) return result;
  const named = [...missing].sort(([a], [b]) => compareCodePoints(a, b));
  const list = firstFew(named.map(([label, line]) => `${JSON.stringify(label)} (line ${line})`));
  throw invalidInput(
    `${countOf(missing.size, 'label has', 'labels have')} no coarse label in ${name}: ${list}`,
    'Add them to the map.',
  );
};

/**
 * Fills in coarse labels that are not known where the fine one is: any other example with that fine label tells. Do it before a split,
 * so that the training part alone knows the whole hierarchy.
 * @param examples of the tasks [coarse, fine]
 */
export const fillCoarseLabels = (examples: readonly Example[]): Example[] => {
  const parentOf = new Map<string, readonly string[]>();
  for (const { labels } of examples) {
    const [coarse, fine] = labels;
    if (coarse !== undefined && fine?.length === 1) parentOf.set(fine[0]!, coarse);
  }
  return examples.map((example) => {
    const [coarse, fine, ...rest] = example.labels;
    if (coarse !== undefined || fine?.length !== 1) return example;
    return { ...example, labels: [parentOf.get(fine[0]!), fine, ...rest] };
  });
};
