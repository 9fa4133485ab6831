import { z } from 'zod';
import { editKind, shareOption } from '../cheap-method.ts';
import { drawCount, drawIndex, drawIndices } from '../draw.ts';
import { cutPieces, joinPieces } from '../pieces.ts';

const capital = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1);

/** Whole texts, mostly, since that is how people write: all small, all capitals, each word with a capital; or some words. */
const caseStyles: readonly ((words: string[], share: number, random: () => number) => string[])[] = [
  (words) => words.map((word) => word.toLowerCase()),
  (words) => words.map((word) => word.toUpperCase()),
  (words) => words.map(capital),
  (words) => words.map((word, i) => (i === 0 ? capital(word) : word)),
  (words, share, random) => {
    for (const i of drawIndices(random, words.length, drawCount(random, words.length, share)))
      words[i] = words[i] === words[i]!.toUpperCase() ? words[i].toLowerCase() : words[i]!.toUpperCase();
    return words;
  },
];

/** Another case. An uncased encoder reads no difference, and such texts count as repeats: `quality.unique` drops them. */
export const letterCase = editKind(
  'writes in another case: all small, all capitals, capitals in front (for cased encoders; set quality.unique: false)',
  z.strictObject({ share: shareOption(0.2) }),
  ({ share }) =>
    (text, random) => {
      const pieces = cutPieces(text);
      const first = drawIndex(random, caseStyles.length);
      for (let i = 0; i < caseStyles.length; i++) {
        const style = caseStyles[(first + i) % caseStyles.length]!;
        const made = joinPieces({ ...pieces, words: style([...pieces.words], share, random) });
        if (made !== text) return made;
      }
      return undefined;
    },
);

const marks = [',', '.', '!', '?', '…', ';', ' -', '!!', '??'];
const wideMarks = ['，', '。', '！', '？', '……', '；', '！！', '？？'];
const wide = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]/u;
const anyMark = /[\p{P}]+/gu;

/** Punctuation that is missing, another, or too much, as in texts that are typed in haste. */
export const punctuation = editKind(
  'leaves punctuation out, changes it, or puts it where none was',
  z.strictObject({ share: shareOption(0.15) }),
  ({ share }) =>
    (text, random) => {
      const pieces = cutPieces(text);
      const { gaps, words } = pieces;
      if (words.length === 0) return undefined;
      const choice = wide.test(text) ? wideMarks : marks;
      const marked = gaps.flatMap((gap, i) => (gap.search(anyMark) >= 0 ? [i] : []));
      const kind = marked.length === 0 ? 2 : drawIndex(random, 3);
      if (kind === 0) for (const i of marked) gaps[i] = gaps[i]!.replace(anyMark, '');
      else if (kind === 1) {
        const i = marked[drawIndex(random, marked.length)]!;
        gaps[i] = gaps[i]!.replace(anyMark, choice[drawIndex(random, choice.length)]!);
      } else {
        // Behind a word: every gap but the first; the last one as often as all others.
        for (let left = drawCount(random, words.length, share / 2); left > 0; left--) {
          const i = random() < 0.5 ? words.length : 1 + drawIndex(random, words.length);
          gaps[i] = choice[drawIndex(random, choice.length)]! + gaps[i]!;
        }
      }
      return joinPieces(pieces);
    },
);
