import { readTexts } from '@taxon/data';
import type { TokenizedTexts } from './forward-pass.ts';
import type { Recipe } from './recipe.ts';
import { inputOf, tokenizedTexts, type TextReader } from './tokenize-parts.ts';

/** The texts that no label fits, as the recipe names them. */
export const readOutOfScope = async (
  { abstain, data }: Recipe,
  { encode, ...ids }: TextReader,
  signal: AbortSignal,
): Promise<TokenizedTexts | undefined> => {
  if (abstain.outOfScope === undefined) return undefined;
  const { textColumn, pairColumn } = data;
  const { texts } = await readTexts(abstain.outOfScope, { textColumn, pairColumn, signal });
  return tokenizedTexts(
    texts.map((row) => encode(inputOf(row))),
    ids,
  );
};
