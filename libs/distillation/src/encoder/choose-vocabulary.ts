import type { Tokenizer } from '@taxon/text';

/** Smooths ranks, so that the first few tokens do not decide alone. */
const smoothing = 50;

/**
 * The ids that a smaller vocabulary keeps, beside those that a pruned tokenizer keeps anyway: tokens that are frequent in the texts and
 * frequent in general. BERT's uncased vocabulary lists its words by falling frequency in Wikipedia and books, so an id's rank is its
 * frequency there; texts of a kind say what that lacks. Both count alike, by their ranks' product.
 * @param size tokens to keep
 * @param candidates ids that may be kept, in falling general frequency
 */
export const chooseVocabulary = (
  encoded: readonly Int32Array[],
  size: number,
  candidates: readonly number[],
): Set<number> => {
  const counts = new Map<number, number>();
  for (const ids of encoded) for (const id of ids) counts.set(id, (counts.get(id) ?? 0) + 1);
  const general = new Map(candidates.map((id, rank) => [id, rank]));
  const own = new Map([...counts].sort(([a, n], [b, m]) => m - n || a - b).map(([id], rank) => [id, rank]));
  const last = candidates.length;
  const score = (id: number): number => ((own.get(id) ?? last) + smoothing) * ((general.get(id) ?? last) + smoothing);
  return new Set([...candidates].sort((a, b) => score(a) - score(b) || a - b).slice(0, Math.max(0, size)));
};

/** Letters, digits and signs of ASCII: with these any English text can be spelt. */
export const isAscii = (token: string): boolean => /^[\x21-\x7e]+$/.test(token);

/** Ids of tokens that English words may be made of, in the vocabulary's order. */
export const englishTokens = (vocabulary: readonly string[], { padId }: Pick<Tokenizer, 'padId'>): number[] =>
  [...vocabulary.keys()].filter((id) => id !== padId && isAscii(vocabulary[id]!) && !/^\[.+\]$/.test(vocabulary[id]!));
