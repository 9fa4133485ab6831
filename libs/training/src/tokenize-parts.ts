import { encodeLabels, type Example } from '@taxon/data';
import { outputGroups, taskOffsets, type EncodedInput, type TextInput } from '@taxon/models';
import { chooseRowLength, type PackShape } from '@taxon/text';
import type { LabelledTexts } from './fit.ts';
import type { TokenizedTexts } from './forward-pass.ts';
import { textTargets } from './objective.ts';
import type { PreparedData } from './prepare-data.ts';
import type { Reporter } from './reporter.ts';

export type Parts = Record<'train' | 'validation' | 'test', LabelledTexts>;

/** How a model reads texts: exactly as it will when it is served. */
export interface TextReader {
  encode: (input: TextInput) => EncodedInput;
  padId: number;
  /** The token that a prompt head pools. */
  maskId?: number;
}

/** Encoded texts side by side, with their token types where any has some. */
export const tokenizedTexts = (
  encoded: readonly EncodedInput[],
  { padId, maskId }: Omit<TextReader, 'encode'>,
): TokenizedTexts => ({
  padId,
  maskId,
  ids: encoded.map((text) => text.ids),
  ...(encoded.some(({ types }) => types) && { types: encoded.map(({ types }) => types) }),
});

/** A text, or a pair of texts, as it is encoded. */
export const inputOf = ({ text, pair }: { text: string; pair?: string }): TextInput =>
  pair === undefined ? text : { text, pair };

/** Texts between two looks at the clock and the signal. */
const tokenizeChunk = 512;

export const tokenizeParts = (
  data: PreparedData,
  { encode, ...ids }: TextReader,
  signal: AbortSignal,
  reporter: Reporter,
): Parts => {
  reporter.stage('tokenize');
  const { space } = data;
  const total = data.train.length + data.validation.length + data.test.length;
  let done = 0;
  const tokenize = (examples: readonly Example[]): LabelledTexts => {
    const encoded: EncodedInput[] = [];
    for (let i = 0; i < examples.length; i += tokenizeChunk) {
      signal.throwIfAborted();
      const chunk = examples.slice(i, i + tokenizeChunk);
      for (const example of chunk) encoded.push(encode(inputOf(example)));
      done += chunk.length;
      reporter.progress('texts', done, total);
    }
    const targets = textTargets(encodeLabels(space, examples), outputGroups(space), taskOffsets(space));
    return { ...tokenizedTexts(encoded, ids), targets };
  };
  return { train: tokenize(data.train), validation: tokenize(data.validation), test: tokenize(data.test) };
};

/** The shape that a native call of about `tokens` positions has. */
export const packShape = (parts: Readonly<Record<string, Pick<LabelledTexts, 'ids'>>>, tokens: number): PackShape => {
  const longest = Math.max(
    ...Object.values(parts).flatMap(({ ids }) => ids.reduce((most, text) => Math.max(most, text.length), 1)),
  );
  const length = chooseRowLength(longest);
  // Four tokens a text at least, special tokens included, is what a slot is made for; shorter ones leave some room unused.
  return { length, rows: Math.max(1, Math.ceil(tokens / length)), slots: Math.max(1, Math.floor(length / 4)) };
};

export const reportTruncation = (parts: Parts, maxLength: number, reporter: Reporter): void => {
  const all = Object.values(parts).flatMap(({ ids }) => ids);
  const cut = all.reduce((count, ids) => count + (ids.length >= maxLength ? 1 : 0), 0);
  if (cut > 0)
    reporter.emit({
      kind: 'notice',
      level: cut > 0.05 * all.length ? 'warning' : 'info',
      message: `${cut} of ${all.length} texts reach maxLength (${maxLength} tokens) and may be cut`,
    });
};
