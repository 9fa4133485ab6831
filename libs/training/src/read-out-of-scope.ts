import { readTexts } from '@taxon/data';
import type { TokenizedTexts } from './forward-pass.ts';
import type { Recipe } from './recipe.ts';
import type { TextReader } from './tokenize-parts.ts';

/** The texts that no label fits, as the recipe names them. */
export const readOutOfScope = async (
  { abstain, data }: Recipe,
  { encode, ...ids }: TextReader,
  signal: AbortSignal,
): Promise<TokenizedTexts | undefined> => {
  if (abstain.outOfScope === undefined) return undefined;
  const { textColumn, pairColumn } = data;
  const { texts } = await readTexts(abstain.outOfScope, { textColumn, pairColumn, signal });
  const encoded = texts.map(({ text, pair }) => encode(pair === undefined ? text : { text, pair }));
  return {
    ...ids,
    ids: encoded.map((text) => text.ids),
    ...(encoded.some(({ types }) => types) && { types: encoded.map(({ types }) => types) }),
  };
};
