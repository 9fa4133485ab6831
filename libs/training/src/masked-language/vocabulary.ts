import { TaxonError } from '@taxon/errors';
import type { Tokenizer } from '@taxon/text';

/** What masking must know of the vocabulary. */
export interface MaskingVocabulary {
  maskId: number;
  /** [V] 1 for special tokens, which are never hidden. */
  special: Uint8Array;
  /** [V] 1 for pieces that go on with the word before them. */
  continues: Uint8Array;
  /** What a hidden word may be replaced by. */
  ordinary: Int32Array;
}

// Scripts that put no space between words: each piece is taken for a word of its own.
const unspaced =
  /^[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]/u;
const letter = /^[\p{L}\p{M}\p{N}]/u;

/** Which pieces go on with a word: `##ing` (WordPiece), or letters without the mark of a word's start (`▁`, byte-level `Ġ`). */
export const wordContinuations = (pieces: readonly string[]): Uint8Array => {
  const count = (mark: string): number => pieces.reduce((sum, piece) => sum + (piece.startsWith(mark) ? 1 : 0), 0);
  const [joined, starts] = [count('##'), Math.max(count('▁'), count('Ġ'))];
  const startMark = count('▁') >= count('Ġ') ? '▁' : 'Ġ';
  return Uint8Array.from(pieces, (piece) => {
    if (joined >= starts) return Number(piece.length > 2 && piece.startsWith('##'));
    return Number(!piece.startsWith(startMark) && letter.test(piece) && !unspaced.test(piece));
  });
};

/** @throws TaxonError `failed_precondition` where the vocabulary has no mask */
export const maskingVocabulary = (tokenizer: Tokenizer, source: string): MaskingVocabulary => {
  if (tokenizer.mask === undefined)
    throw new TaxonError({
      code: 'failed_precondition',
      message: `${source}: the tokenizer has no mask token ([MASK] or <mask>)`,
      hint: 'Take an encoder whose vocabulary has one, or set adaptation.epochs to 0.',
    });
  const size = tokenizer.vocabularySize;
  const special = new Uint8Array(size);
  for (const id of [...tokenizer.specialIds, tokenizer.padId, tokenizer.mask.id]) special[id] = 1;
  const pieces = tokenizer.decodeTokens(Int32Array.from({ length: size }, (_, id) => id));
  return {
    maskId: tokenizer.mask.id,
    special,
    continues: wordContinuations(pieces),
    ordinary: Int32Array.from(special.keys()).filter((id) => special[id] === 0),
  };
};
