import { readFile } from 'node:fs/promises';
import type { Random } from '@taxon/data';
import { invalidInput, nearestName } from '@taxon/errors';
import { parse as parseYaml } from 'yaml';
import { z } from 'zod';
import { editKind } from '../cheap-method.ts';
import { drawIndex, drawOne } from '../draw.ts';
import { separatorOf } from '../pieces.ts';

const fileSchema = z.strictObject({
  /** Lists of words that can stand for each other: `city: [Paris, Rome]`. */
  words: z.record(z.string().regex(/^\w+$/), z.array(z.string().min(1)).min(1)),
  /** Sentences of a label, with the names of lists in braces: `book_flight: ["a flight to {city}"]`. */
  templates: z.record(z.string(), z.array(z.string().min(1)).min(1)).default({}),
});

const slot = /\{(\w+)\}/gu;

const readWordFile = async (path: string): Promise<z.output<typeof fileSchema>> => {
  let value: unknown;
  try {
    value = parseYaml(await readFile(path, 'utf8'));
  } catch (cause) {
    throw invalidInput(`templates: ${path} cannot be read: ${(cause as Error).message}`);
  }
  const result = fileSchema.safeParse(value);
  if (!result.success) {
    const issue = result.error.issues[0]!;
    const where = issue.path.map(String).join('.');
    throw invalidInput(
      `templates: ${path}: ${where === '' ? '' : `${where}: `}${issue.message}`,
      'It is YAML or JSON: words: {city: [Paris, Rome]}, templates: {label: ["a flight to {city}"]}.',
    );
  }
  const { words, templates } = result.data;
  for (const [label, own] of Object.entries(templates))
    for (const template of own)
      for (const [, name] of template.matchAll(slot))
        if (words[name!] === undefined) {
          const near = nearestName(name!, Object.keys(words));
          throw invalidInput(
            `templates: ${path}: the template ${JSON.stringify(template)} of ${label} names the list {${name!}}, which is not there`,
            near === undefined ? undefined : `Did you mean {${near}}?`,
          );
        }
  return result.data;
};

/** Finds words of the lists within a text: the longest first, whole words alone. */
const wordFinder = (words: Readonly<Record<string, readonly string[]>>) => {
  const listOf = new Map<string, string>();
  for (const [list, own] of Object.entries(words)) for (const word of own) listOf.set(word.toLowerCase(), list);
  const patterns = [...listOf.keys()]
    .sort((a, b) => b.length - a.length)
    .map((word) => {
      const escaped = word.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
      // Scripts without spaces have no ends of words to look for.
      return separatorOf(word) === '' ? escaped : `(?<![\\p{L}\\p{N}])${escaped}(?![\\p{L}\\p{N}])`;
    });
  const pattern = new RegExp(patterns.join('|'), 'giu');
  return (text: string): { at: number; word: string; list: string }[] =>
    Array.from(text.matchAll(pattern), (match) => ({
      at: match.index,
      word: match[0],
      list: listOf.get(match[0].toLowerCase())!,
    }));
};

/** Sentences of a domain: a template of the row's label is filled; or, where it has none, a listed word becomes another of its list. */
export const templates = editKind(
  'fills templates of the label from lists of words, or swaps listed words within a text',
  z.strictObject({ file: z.string({ error: 'the method templates needs file=FILE, its lists of words' }).min(1) }),
  async ({ file }) => {
    const { words, templates: own } = await readWordFile(file);
    const find = wordFinder(words);
    const fill = (template: string, random: Random): string =>
      template.replaceAll(slot, (_, name: string) => drawOne(random, words[name]!));
    return (text, random, { labels }) => {
      const choice = labels.flatMap((known) => (known ?? []).flatMap((label) => own[label] ?? []));
      if (choice.length > 0) return fill(drawOne(random, choice), random);
      const places = find(text);
      if (places.length === 0) return undefined;
      const { at, word, list } = places[drawIndex(random, places.length)]!;
      const others = words[list]!.filter((other) => other.toLowerCase() !== word.toLowerCase());
      if (others.length === 0) return undefined;
      return text.slice(0, at) + drawOne(random, others) + text.slice(at + word.length);
    };
  },
  { paths: { file: 'file' } },
);
