import { shuffle, type Random } from '@taxon/data';
import type { MaskingVocabulary } from './vocabulary.ts';

/** A text with words hidden in it. */
export interface MaskedText {
  /** As the encoder reads it. */
  ids: Int32Array;
  /** Positions of the text whose words are to be found, and the words. */
  places: number[];
  targets: number[];
}

/** Positions of each word's pieces; special tokens belong to none. */
const wordsOf = (ids: Int32Array, { special, continues }: MaskingVocabulary): number[][] => {
  const words: number[][] = [];
  let open = false;
  ids.forEach((id, position) => {
    if (special[id] === 1) open = false;
    else if (open && continues[id] === 1) words.at(-1)!.push(position);
    else {
      words.push([position]);
      open = true;
    }
  });
  return words;
};

// Devlin et al. 2019, §3.1: of what is to be found, 80 % is hidden, 10 % another word, 10 % left as it is, so that the encoder
// cannot trust any word that it reads.
const hidden = 0.8;
const replaced = 0.9;

/**
 * Hides a share of a text's tokens, whole words at a time.
 * @param share of the tokens that are not special, 0..1, in the mean over many texts
 */
export const maskText = (ids: Int32Array, share: number, vocabulary: MaskingVocabulary, random: Random): MaskedText => {
  const words = wordsOf(ids, vocabulary);
  const tokens = words.reduce((sum, word) => sum + word.length, 0);
  // The fraction decides by lot: a text of three words is to be learnt from, too, but not at every third of its words.
  const budget = Math.floor(share * tokens + random());
  const chosen: number[] = [];
  for (const word of shuffle(words, random)) {
    if (chosen.length >= budget) break;
    if (chosen.length === 0 || chosen.length + word.length <= budget) chosen.push(...word);
  }
  const places = chosen.sort((a, b) => a - b);
  const masked = ids.slice();
  for (const place of places) {
    const draw = random();
    if (draw < hidden) masked[place] = vocabulary.maskId;
    else if (draw < replaced) masked[place] = vocabulary.ordinary[Math.floor(random() * vocabulary.ordinary.length)]!;
  }
  return { ids: masked, places, targets: places.map((place) => ids[place]!) };
};
