import type { Example } from './read-dataset.ts';

/**
 * The form under which two texts count as the same: compatibility-composed (NFKC), lower case, white space collapsed.
 * What an uncased encoder sees is nearly this.
 */
export const normalizeText = (text: string): string => text.normalize('NFKC').toLowerCase().replace(/\s+/g, ' ').trim();

/** Indices of the examples that share a normalised text, in the order of first appearance; most groups hold one. */
export const groupByText = (examples: readonly Pick<Example, 'text'>[]): number[][] => {
  const groups = new Map<string, number[]>();
  examples.forEach(({ text }, i) => {
    const key = normalizeText(text);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [i]);
    else group.push(i);
  });
  return [...groups.values()];
};
