import type { Random } from '@taxon/data';
import { drawCount, drawIndices } from './draw.ts';

export const hasLetters = (text: string, known: (letter: string) => boolean): boolean => {
  for (const letter of text) if (known(letter)) return true;
  return false;
};

/** Changes a share of the letters that `known` knows; `change` writes into the list of the text's characters. */
export const editLetters = (
  text: string,
  known: (letter: string) => boolean,
  share: number,
  random: Random,
  change: (letters: string[], at: number) => void,
): string => {
  const letters = Array.from(text);
  const places: number[] = [];
  letters.forEach((letter, i) => {
    if (known(letter)) places.push(i);
  });
  for (const place of drawIndices(random, places.length, drawCount(random, places.length, share)))
    change(letters, places[place]!);
  return letters.join('');
};
