import type { Example } from './example.ts';

/**
 * The form under which two texts count as the same: compatibility-composed (NFKC), lower case, white space collapsed.
 * What an uncased encoder sees is nearly this.
 */
export const normalizeText = (text: string): string => text.normalize('NFKC').toLowerCase().replace(/\s+/g, ' ').trim();

/** The key under which two examples count as the same: the normalised text, and the pair where there is one. */
export const textKey = ({ text, pair }: Pick<Example, 'text' | 'pair'>): string =>
  pair === undefined ? normalizeText(text) : `${normalizeText(text)}\0${normalizeText(pair)}`;

/** Indices of the examples that share a normalised text (and pair), in the order of first appearance; most groups hold one. */
export const groupByText = (examples: readonly Pick<Example, 'text' | 'pair'>[]): number[][] => {
  const groups = new Map<string, number[]>();
  examples.forEach((example, i) => {
    const key = textKey(example);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [i]);
    else group.push(i);
  });
  return [...groups.values()];
};
