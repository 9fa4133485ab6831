import { z } from 'zod';
import { editKind, shareOption } from '../cheap-method.ts';
import { drawIndex, drawOne } from '../draw.ts';
import { editLetters, hasLetters } from '../letters.ts';

// Rows of the layouts, each shifted by half a key against the one above it: a key's neighbours are beside and below it.
const layouts = {
  qwerty: ['qwertyuiop', 'asdfghjkl', 'zxcvbnm'],
  qwertz: ['qwertzuiop', 'asdfghjkl', 'yxcvbnm'],
  azerty: ['azertyuiop', 'qsdfghjklm', 'wxcvbn'],
} as const;

const neighboursOf = (rows: readonly string[]): Map<string, string[]> => {
  const near = new Map<string, string[]>();
  const at = (row: number, column: number): string[] => {
    const key = rows[row]?.[column];
    return key === undefined ? [] : [key];
  };
  rows.forEach((keys, row) => {
    Array.from(keys).forEach((key, column) =>
      near.set(key, [
        ...at(row, column - 1),
        ...at(row, column + 1),
        ...at(row - 1, column),
        ...at(row - 1, column + 1),
        ...at(row + 1, column - 1),
        ...at(row + 1, column),
      ]),
    );
  });
  return near;
};

const sameCase = (like: string, letter: string): string =>
  like === like.toLowerCase() ? letter : letter.toUpperCase();

/** Typing mistakes: a neighbouring key, a letter twice, left out, or before the one before it. Latin letters alone. */
export const keyboard = editKind(
  'makes typing mistakes: neighbouring keys, doubled, missing and swapped letters (Latin script)',
  z.strictObject({
    /** Share of the letters. */
    share: shareOption(0.05),
    layout: z.enum(['qwerty', 'qwertz', 'azerty']).default('qwerty'),
  }),
  ({ share, layout }) => {
    const near = neighboursOf(layouts[layout]);
    const known = (letter: string): boolean => near.has(letter.toLowerCase());
    return (text, random) => {
      if (!hasLetters(text, known)) return undefined;
      return editLetters(text, known, share, random, (letters, i) => {
        const letter = letters[i]!;
        const kind = drawIndex(random, 5); // two in five are neighbours, the commonest slip
        if (kind < 2) letters[i] = sameCase(letter, drawOne(random, near.get(letter.toLowerCase())!));
        else if (kind === 2) letters[i] = letter + letter;
        else if (kind === 3 && letters.length > 1) letters[i] = '';
        else if (i + 1 < letters.length && letters[i + 1] !== ' ')
          [letters[i], letters[i + 1]] = [letters[i + 1]!, letter];
        else letters[i] = letter + letter;
      });
    };
  },
);
