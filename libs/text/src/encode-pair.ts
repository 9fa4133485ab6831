import { invalidInput } from '@taxon/errors';
import type { PairPiece } from './special-frame.ts';

/** A text, or two as one, as the model reads it. */
export interface EncodedPair {
  ids: Int32Array;
  /** Token type of each id: 0 in the first text, and 1 in the second where the model knows types. */
  types: Uint8Array;
}

/**
 * How many ids of each text stay: the longer text is cut to the length of the shorter one, then both alike
 * (`longest_first` of the crate `tokenizers`, which cuts in one go what the slow tokenizers cut id by id).
 * @param room ids that both may have together
 */
export const longestFirst = (first: number, second: number, room: number): [number, number] => {
  if (first + second <= room) return [first, second];
  const shorter = Math.min(first, second);
  // Where both are cut, an odd id goes to the longer text; of equal ones to the second.
  const kept: [number, number] =
    2 * shorter <= room ? [shorter, room - shorter] : [Math.floor(room / 2), Math.ceil(room / 2)];
  return first > second ? [kept[1], kept[0]] : kept;
};

/** @param content ids of a text without special tokens */
export const pairEncoder = (template: readonly PairPiece[], content: (text: string) => Int32Array) => {
  const specials = template.reduce((count, piece) => count + ('ids' in piece ? piece.ids.length : 0), 0);
  return (text: string, pair: string, maxLength = Infinity): EncodedPair => {
    if (!(maxLength >= specials))
      throw invalidInput(
        `maxLength ${maxLength} leaves no room for the ${specials} special tokens of a pair; give at least ${specials}`,
      );
    const texts = [content(text), content(pair)] as const;
    const kept = longestFirst(texts[0].length, texts[1].length, maxLength - specials);
    const length = specials + kept[0] + kept[1];
    const result = { ids: new Int32Array(length), types: new Uint8Array(length) };
    let at = 0;
    for (const piece of template) {
      const ids = 'ids' in piece ? piece.ids : texts[piece.sequence].subarray(0, kept[piece.sequence]);
      result.ids.set(ids, at);
      result.types.fill(piece.type, at, at + ids.length);
      at += ids.length;
    }
    return result;
  };
};
