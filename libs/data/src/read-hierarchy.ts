import { parse } from 'csv-parse/sync';
import { invalidInput, type Violation } from '@taxon/errors';
import { delimiterOf } from './delimited-rows.ts';
import { fileFormat } from './file-format.ts';
import { countOf } from './note.ts';
import { readRows } from './read-rows.ts';
import { utf8Chunks } from './utf8-chunks.ts';

/** A fine label, its coarse one, and where the file says so, such as `line 3`. */
interface Link {
  fine: string;
  coarse: string;
  where: string;
}

const labelOf = (value: unknown, where: string): string => {
  const label = typeof value === 'number' ? String(value) : typeof value === 'string' ? value.trim() : undefined;
  if (label === undefined) throw invalidInput(`${where}: ${JSON.stringify(value)} is no label; a label is a string`);
  if (label === '') throw invalidInput(`${where}: a label is empty`);
  return label;
};

/** Keys that stand more than once in the object: JSON.parse keeps the last one silently. */
const repeatedKeys = (json: string): string[] => {
  const seen = new Set<string>();
  const repeated: string[] = [];
  for (const [, key, colon] of json.matchAll(/("(?:[^"\\]|\\.)*")(\s*:)?/g)) {
    if (colon === undefined) continue;
    const name = String(JSON.parse(key!));
    if (seen.has(name)) repeated.push(name);
    seen.add(name);
  }
  return repeated;
};

/** `{coarse: [fine, …]}` or `{fine: coarse}`. */
const jsonLinks = async (path: string, signal?: AbortSignal): Promise<Link[]> => {
  const chunks: Buffer[] = [];
  for await (const chunk of utf8Chunks(path, signal)) chunks.push(chunk);
  const json = Buffer.concat(chunks).toString('utf8');
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch (error) {
    throw invalidInput(`${path} is not valid JSON: ${(error as Error).message}`);
  }
  const hint = 'It must hold one object: {"coarse": ["fine", …], …} or {"fine": "coarse", …}.';
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw invalidInput(`${path} holds no JSON object`, hint);
  const entries = Object.entries(value as Record<string, unknown>);
  const lists = entries.filter(([, labels]) => Array.isArray(labels)).length;
  if (lists > 0 && lists < entries.length) throw invalidInput(`${path} mixes lists and single labels`, hint);
  const [repeated] = repeatedKeys(json);
  if (repeated !== undefined)
    throw invalidInput(`${path}: the key ${JSON.stringify(repeated)} is there twice`, 'Keep one of the two.');
  return entries.flatMap(([key, labels]): Link[] => {
    const where = `${path}: ${JSON.stringify(key)}`;
    if (!Array.isArray(labels)) return [{ fine: labelOf(key, where), coarse: labelOf(labels, where), where }];
    const coarse = labelOf(key, where);
    return labels.map((fine) => ({ fine: labelOf(fine, where), coarse, where }));
  });
};

/** Two columns of a delimited file: `coarse` and `fine` by name, else the first and the second. */
const delimitedLinks = async (path: string, format: 'csv' | 'tsv', signal?: AbortSignal): Promise<Link[]> => {
  let header = '';
  for await (const chunk of utf8Chunks(path, signal)) {
    header = chunk.toString('utf8').split(/[\r\n]/, 1)[0]!;
    break;
  }
  let trimmed: string[];
  try {
    const records: string[][] = parse(header, { delimiter: delimiterOf(header, format), relax_quotes: true });
    trimmed = (records[0] ?? []).map((name) => name.trim());
  } catch (error) {
    throw invalidInput(`${path}:1: the header cannot be read: ${(error as Error).message}`);
  }
  const named = trimmed.includes('coarse') && trimmed.includes('fine');
  if (!named && trimmed.length !== 2)
    throw invalidInput(
      `${path}:1: the header has ${countOf(trimmed.length, 'column')}, not two: ${trimmed.map((name) => JSON.stringify(name)).join(', ')}`,
      'Keep the coarse and the fine label only, or name these columns "coarse" and "fine".',
    );
  const columns = (named ? ['coarse', 'fine'] : trimmed).map((name) => ({ name, option: 'the header' }));
  const links: Link[] = [];
  for await (const rows of readRows(path, { format, columns, notes: [], signal }))
    for (const { line, values, problem } of rows) {
      const where = `${path}:${line}`;
      if (problem !== undefined) throw invalidInput(`${where}: ${problem}`);
      links.push({ coarse: labelOf(values[0], where), fine: labelOf(values[1], where), where });
    }
  return links;
};

/**
 * Reads which coarse label every fine label belongs to: a JSON object `{coarse: [fine, …]}` or `{fine: coarse}`, or a CSV or TSV file
 * with a header and two columns, the coarse label first (or columns named `coarse` and `fine`). A repeated line is no fault.
 * @returns the coarse label of every fine label, in the file's order
 * @throws TaxonError `invalid_input` when a fine label has two coarse ones, or the file is not of that form; `not_found`; `cancelled`
 */
export const readHierarchy = async (
  path: string,
  { signal }: { signal?: AbortSignal } = {},
): Promise<ReadonlyMap<string, string>> => {
  const format = fileFormat<'csv' | 'tsv' | 'json'>(path, undefined, ['csv', 'tsv', 'json']);
  const links = format === 'json' ? await jsonLinks(path, signal) : await delimitedLinks(path, format, signal);
  const parentOf = new Map<string, string>();
  const placeOf = new Map<string, string>();
  const violations: Violation[] = [];
  for (const { fine, coarse, where } of links) {
    const before = parentOf.get(fine);
    if (before !== undefined && before !== coarse) {
      const both = `${JSON.stringify(before)} (${placeOf.get(fine)!}) and ${JSON.stringify(coarse)} (${where})`;
      violations.push({ field: where, description: `${JSON.stringify(fine)} stands under ${both}` });
    } else if (before === undefined) {
      parentOf.set(fine, coarse);
      placeOf.set(fine, where);
    }
  }
  if (violations.length > 0) {
    const shown = violations.slice(0, 5);
    const rest = violations.length > shown.length ? `\n  … and ${violations.length - shown.length} more` : '';
    throw invalidInput(
      `${path} gives fine labels two coarse ones:${shown.map(({ description }) => `\n  ${description}`).join('')}${rest}`,
      'Every fine label has one coarse label; in CSV and TSV the coarse label is the first column.',
      shown,
    );
  }
  if (parentOf.size === 0) throw invalidInput(`${path} holds no labels`);
  return parentOf;
};
