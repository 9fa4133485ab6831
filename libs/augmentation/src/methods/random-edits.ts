import { z } from 'zod';
import { editKind, shareOption } from '../cheap-method.ts';
import { drawCount, drawIndex, drawIndices } from '../draw.ts';
import { cutPieces, joinPieces, separatorOf, type Pieces } from '../pieces.ts';

// Random edits of words (Wei and Zou 2019, "EDA"), in any language. 0.1 is their share.
const options = z.strictObject({ share: shareOption(0.1) });

/** The words of a text without those at `leftOut`; punctuation behind a word that goes stays behind the one before it. */
const without = ({ words, gaps }: Pieces, leftOut: ReadonlySet<number>): Pieces => {
  const kept: Pieces = { words: [], gaps: [gaps[0]!] };
  words.forEach((one, i) => {
    const after = gaps[i + 1]!;
    if (!leftOut.has(i)) {
      kept.words.push(one);
      kept.gaps.push(after);
      return;
    }
    const last = kept.gaps.length - 1;
    const isEnd = i === words.length - 1;
    if (last > 0 && (isEnd || after.trim() !== '')) kept.gaps[last] = kept.gaps[last]!.trimEnd() + after;
  });
  return kept;
};

/** Leaves words out, never all of them. */
export const deletion = editKind('leaves words out', options, ({ share }) => (text, random) => {
  const pieces = cutPieces(text);
  const n = pieces.words.length;
  if (n < 2) return undefined;
  const count = Math.min(n - 1, drawCount(random, n, share));
  return joinPieces(without(pieces, new Set(drawIndices(random, n, count))));
});

/** Two words change places. */
export const swap = editKind('lets pairs of words change places', options, ({ share }) => (text, random) => {
  const pieces = cutPieces(text);
  const { words } = pieces;
  if (words.length < 2) return undefined;
  for (let left = drawCount(random, words.length, share / 2); left > 0; left--) {
    const [a, b] = drawIndices(random, words.length, 2) as [number, number];
    [words[a], words[b]] = [words[b]!, words[a]!];
  }
  return joinPieces(pieces);
});

/** Words of the text stand at another place once more. */
export const insertion = editKind(
  'repeats words of the text at other places',
  options,
  ({ share }) =>
    (text, random) => {
      const pieces = cutPieces(text);
      const { words, gaps } = pieces;
      if (words.length === 0) return undefined;
      const separator = separatorOf(text);
      for (let left = drawCount(random, words.length, share); left > 0; left--) {
        const one = words[drawIndex(random, words.length)]!;
        const at = drawIndex(random, words.length);
        words.splice(at, 0, one);
        gaps.splice(at + 1, 0, separator); // gap at stays before the new word
      }
      return joinPieces(pieces);
    },
);
