import type { Random } from '@taxon/data';
import { TaxonError } from '@taxon/errors';
import { loadTextEncoder, type MaskFill, type TextEncoder } from '@taxon/models';
import { z } from 'zod';
import { shareOption } from '../cheap-method.ts';
import { drawCount, drawIndices, drawWeighted } from '../draw.ts';
import type { MethodKind } from '../method.ts';
import { cutPieces, joinPieces, separatorOf, type Pieces } from '../pieces.ts';

const options = z.strictObject({
  mode: z.enum(['replace', 'insert']).default('replace'),
  /** Share of the words that are replaced, or beside which one is put in; one after the other, each call sees the ones before. */
  share: shareOption(0.15),
  /** Words that are drawn from: the likeliest ones. */
  top: z.int().min(1).max(1000).default(20),
  /** Below 1 the likeliest words are drawn more often. */
  temperature: z.number().gt(0).max(10).default(1),
});

const wordLike = /^[\p{L}\p{N}][\p{L}\p{M}\p{N}]*$/u;

/** One text on its way: its words, and which places are still to be changed. */
interface Work {
  pieces: Pieces;
  random: Random;
  separator: string;
  places: number[];
  changed: boolean;
}

/** The text with the mask at a place; in `insert` mode the mask is put in before the word there. */
const withMask = ({ pieces, separator }: Work, place: number, insert: boolean, mask: string): Pieces => {
  const [words, gaps] = [[...pieces.words], [...pieces.gaps]];
  if (insert) {
    words.splice(place, 0, mask);
    gaps.splice(place + 1, 0, separator);
  } else words[place] = mask;
  return { words, gaps };
};

/** A filled word by its probability among those that are whole words and not the one that stood there. */
const drawFill = (
  fills: readonly MaskFill[],
  spell: (id: number) => string | undefined,
  before: string | undefined,
  temperature: number,
  random: Random,
): string | undefined => {
  const choice = fills.flatMap(({ id, logit }) => {
    const word = spell(id);
    return word === undefined || word.toLowerCase() === before?.toLowerCase() ? [] : [{ word, logit }];
  });
  if (choice.length === 0) return undefined;
  const most = choice[0]!.logit;
  return choice[
    drawWeighted(
      random,
      choice.map(({ logit }) => Math.exp((logit - most) / temperature)),
    )
  ]!.word;
};

/** How a token is written as a word of its own; undefined for pieces, marks and special tokens. */
const speller = ({ tokenizer }: TextEncoder): ((id: number) => string | undefined) => {
  const special = new Set(tokenizer.specialIds);
  const starts = tokenizer.decodeTokens([...Array(Math.min(2000, tokenizer.vocabularySize)).keys()]);
  const mark = ['▁', 'Ġ'].find((one) => starts.some((piece) => piece.length > 1 && piece.startsWith(one)));
  return (id) => {
    if (special.has(id)) return undefined;
    const [piece = ''] = tokenizer.decodeTokens([id]);
    const word = mark === undefined ? piece : piece.startsWith(mark) ? piece.slice(1) : '';
    return wordLike.test(word) ? word : undefined; // "##ing" is none
  };
};

/** Words that the encoder's own masked-language head finds likely at their place (Kobayashi 2018, without the label). */
export const contextual: MethodKind<typeof options> = {
  description: 'replaces words, or puts some in, by what an encoder’s masked-language head finds likely there',
  options,
  batch: 64,
  streamed: false,
  async open({ mode, share, top, temperature }, { encoder: name, threads, signal }) {
    if (name === undefined)
      throw new TaxonError({
        code: 'failed_precondition',
        message: 'contextual needs an encoder with a masked-language head, and none is named',
        hint: 'Set encoder, such as bert-base-uncased.',
      });
    const encoder = await loadTextEncoder(name, { threads, signal });
    try {
      await encoder.expectMaskedLanguageHead();
    } catch (error) {
      await encoder.dispose();
      throw error;
    }
    const spell = speller(encoder);
    const mask = encoder.tokenizer.mask!.token;
    const insert = mode === 'insert';
    return {
      async make(wanted, stop) {
        const works = wanted.map(({ row: { text }, random }): Work => {
          const pieces = cutPieces(text);
          const n = text.includes(mask) ? 0 : pieces.words.length; // a mask of the text's own would be filled instead
          const places = n === 0 ? [] : drawIndices(random, n, drawCount(random, n, share));
          // From behind: a word that is put in moves those after it.
          return { pieces, random, separator: separatorOf(text), places: places.sort((a, b) => a - b), changed: false };
        });
        for (;;) {
          const open = works.filter(({ places }) => places.length > 0);
          if (open.length === 0) break;
          const masked = open.map((work) => ({ work, place: work.places.pop()! }));
          const fills = await encoder.fillMasks(
            masked.map(({ work, place }) => joinPieces(withMask(work, place, insert, mask))),
            top,
            { signal: stop },
          );
          masked.forEach(({ work, place }, i) => {
            const before = insert ? undefined : work.pieces.words[place];
            const word = drawFill(fills[i]!, spell, before, temperature, work.random);
            if (word === undefined) return;
            work.pieces = withMask(work, place, insert, word);
            work.changed = true;
          });
        }
        return works.map(({ pieces, changed }) => (changed ? joinPieces(pieces) : undefined));
      },
      dispose: () => encoder.dispose(),
    };
  },
};
