import { TaxonError } from '@taxon/errors';
import { z } from 'zod';
import { editKind } from '../cheap-method.ts';
import { drawIndex, drawOne } from '../draw.ts';
import { separatorOf } from '../pieces.ts';
import { labelsKey } from '../profile.ts';

const segmenter = new Intl.Segmenter(undefined, { granularity: 'sentence' });

const sentencesOf = (text: string): string[] =>
  Array.from(segmenter.segment(text), ({ segment }) => segment.trim()).filter((sentence) => sentence !== '');

const closed = /[\p{P}]$/u;

/** A sentence that another shall follow ends with a mark. */
const close = (sentence: string, text: string): string =>
  closed.test(sentence) ? sentence : sentence + (separatorOf(text) === '' ? '，' : ',');

/** Sentences of two texts that have the same labels: one takes the place of another, or stands beside it where a text has one alone. */
export const mix = editKind(
  'puts sentences of two texts of the same labels together',
  z.strictObject({
    /** Longest text that is made, in characters. */
    longest: z.int().min(1).default(1000),
  }),
  ({ longest }, { profile }) => {
    if (profile === undefined)
      throw new TaxonError({
        code: 'failed_precondition',
        message: 'mix needs other texts of the same labels, before the first row',
        hint: 'Give the rows as a file, which is read twice.',
      });
    return (text, random, { labels }) => {
      const others = (profile.pool.get(labelsKey(labels)) ?? []).filter((other) => other !== text);
      if (others.length === 0) return undefined;
      const own = sentencesOf(text);
      const strange = drawOne(random, sentencesOf(drawOne(random, others)));
      if (own.length > 1) own[drawIndex(random, own.length)] = strange;
      else if (random() < 0.5) own.push(strange);
      else own.unshift(strange);
      const made = own
        .map((sentence, i) => (i < own.length - 1 ? close(sentence, text) : sentence))
        .join(separatorOf(text));
      return made.length <= longest ? made : undefined;
    };
  },
  { streamed: false, pool: 'own' },
);
