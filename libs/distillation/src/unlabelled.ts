import { normalizeText, readTexts, type Example } from '@taxon/data';
import type { DistillationOptions } from './options.ts';

/** A text whose answer the teacher alone gives. */
export interface UnlabelledText {
  text: string;
  pair?: string;
}

const keyOf = ({ text, pair }: UnlabelledText): string => `${normalizeText(text)}\0${normalizeText(pair ?? '')}`;

/** Unlabelled texts as the options name them, each once; empty ones are left out. */
export const readUnlabelled = async (
  { unlabelled, data }: Pick<DistillationOptions, 'unlabelled' | 'data'>,
  signal: AbortSignal,
): Promise<UnlabelledText[]> => {
  const { textColumn, texts: paths } = unlabelled;
  const found = new Map<string, UnlabelledText>();
  for (const path of paths)
    for (const { text, pair } of (await readTexts(path, { textColumn, pairColumn: data.pairColumn, signal })).texts)
      if (text.trim() !== '') found.set(keyOf({ text, pair }), { text, ...(pair !== undefined && { pair }) });
  return [...found.values()];
};

/** Those that are in none of the given parts: a text that is scored, or learnt with its label, teaches nothing here. */
export const outsideOf = (
  texts: readonly UnlabelledText[],
  parts: readonly (readonly Example[])[],
): UnlabelledText[] => {
  const held = new Set(parts.flat().map(keyOf));
  return texts.filter((text) => !held.has(keyOf(text)));
};
