import type { LabelSpace } from '@taxon/data';
import { invalidInput, nearestName, TaxonError } from '@taxon/errors';
import { expectTemplate, outputNames, type Prompt } from '@taxon/models';
import type { Tokenizer } from '@taxon/text';
import type { Recipe } from './recipe.ts';

/** A label as words: `card_lost` asks for "card lost". */
const asWords = (label: string): string => label.replace(/[_-]+/g, ' ').trim();

/**
 * The prompt that a recipe asks for.
 * @returns undefined for another head
 * @throws TaxonError `invalid_input` for a wrong template or words for a label that is not there, `failed_precondition` where
 * the tokenizer has no mask
 */
export const createPrompt = (
  { head, data }: Recipe,
  space: LabelSpace,
  { mask }: Pick<Tokenizer, 'mask'>,
): Prompt | undefined => {
  if (head.kind !== 'prompt') {
    if (head.prompt === undefined) return undefined;
    throw invalidInput(`head.prompt is given; the head kind is '${head.kind}'`, "Set head.kind to 'prompt'.");
  }
  if (mask === undefined)
    throw new TaxonError({
      code: 'failed_precondition',
      message: "head.kind is 'prompt'; the encoder's tokenizer has no mask token ([MASK] or <mask>)",
      hint: 'Take an encoder whose vocabulary has one.',
    });
  const pairs = data.pairColumn !== undefined;
  const { template = pairs ? '{text} {mask}, {pair}' : '{text} It was {mask}.', words = {} } = head.prompt ?? {};
  expectTemplate(template, pairs, 'head.prompt.template');
  const names = outputNames(space);
  for (const name of Object.keys(words))
    if (!names.includes(name)) {
      const near = nearestName(name, names);
      throw invalidInput(`head.prompt.words: no label is called '${name}'${near ? `; did you mean '${near}'?` : ''}`);
    }
  const labels = space.tasks.flatMap((task) => task.labels);
  return { template, words: names.map((name, i) => words[name] ?? [asWords(labels[i]!)]), maskId: mask.id };
};
