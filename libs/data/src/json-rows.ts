import { invalidInput } from '@taxon/errors';
import { excerpt } from './note.ts';
import { jsonArrayElements } from './json-array-elements.ts';
import { missingColumn, noteBlankLines, type RowReader, type RowSource, type SourceRow } from './source-rows.ts';

const kindOf = (value: unknown): string =>
  value === null
    ? 'null'
    : Array.isArray(value)
      ? 'a list'
      : typeof value === 'object'
        ? 'an object'
        : `a ${typeof value}`;

interface RowMaker {
  row: (line: number, json: string) => SourceRow;
  /** @throws TaxonError `invalid_input` for an optional key that no object had */
  end: () => void;
}

/**
 * Turns one JSON value into a row; the first object must have every key that is not optional, later ones are problems of their own
 * row. An optional key must be there once: else its name is wrong.
 */
const rowMaker = ({ path, columns }: RowSource): RowMaker => {
  const needed = columns.filter(({ absent }) => absent !== true);
  const unmet = new Set(needed.filter(({ optional }) => optional === true));
  let firstObject: { line: number; keys: string[] } | undefined;
  const end = (): void => {
    const [never] = unmet;
    if (never !== undefined && firstObject !== undefined)
      throw missingColumn(`${path}:${firstObject.line}`, never, firstObject.keys, 'key');
  };
  const wanted = needed.map(({ name }) => JSON.stringify(name)).join(' and ');
  const row = (line: number, json: string): SourceRow => {
    let value: unknown;
    try {
      value = JSON.parse(json);
    } catch (error) {
      return { line, values: [], problem: `not valid JSON: ${(error as Error).message} (${excerpt(json, 40)})` };
    }
    // A bare string is a text where nothing but the text is asked for.
    if (typeof value === 'string' && columns.length === 1) return { line, values: [value] };
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      return { line, values: [], problem: `${kindOf(value)}, where an object with ${wanted} is wanted` };
    const record = value as Record<string, unknown>;
    const missing = needed.find(({ name, optional }) => optional !== true && !Object.hasOwn(record, name));
    if (missing !== undefined && firstObject === undefined)
      throw missingColumn(`${path}:${line}`, missing, Object.keys(record), 'key');
    firstObject ??= { line, keys: Object.keys(record) };
    if (missing !== undefined)
      return { line, values: [], problem: `the key ${JSON.stringify(missing.name)} is missing` };
    for (const column of unmet) if (Object.hasOwn(record, column.name)) unmet.delete(column);
    return { line, values: columns.map(({ name }) => (Object.hasOwn(record, name) ? record[name] : undefined)) };
  };
  return { row, end };
};

/** Lines of a file with their 1-based numbers, without their `\n` or `\r\n`, many at a time. */
export async function* lineBatches(chunks: AsyncIterable<Buffer>): AsyncGenerator<{ line: number; text: string }[]> {
  let rest = '';
  let line = 1;
  const numbered = (text: string) => ({ line: line++, text: text.endsWith('\r') ? text.slice(0, -1) : text });
  for await (const chunk of chunks) {
    const lines = (rest + chunk.toString('utf8')).split('\n');
    rest = lines.pop() ?? '';
    yield lines.map(numbered);
  }
  if (rest !== '') yield [numbered(rest)];
}

/** Reads JSON Lines: one object a line. */
export const jsonLineRows: RowReader = async function* (source) {
  const maker = rowMaker(source);
  let blank = 0;
  let first = true;
  for await (const lines of lineBatches(source.chunks)) {
    const rows: SourceRow[] = [];
    for (const { line, text } of lines) {
      if (text.trim() === '') {
        blank++;
        continue;
      }
      if (first && text.trimStart().startsWith('['))
        throw invalidInput(`${source.path}:${line}: starts with "[", so it is a JSON array`, 'Set --format json.');
      first = false;
      rows.push(maker.row(line, text));
    }
    if (rows.length > 0) yield rows;
  }
  maker.end();
  noteBlankLines(source.notes, blank);
};

/** Reads one JSON array of objects. */
export const jsonArrayRows: RowReader = async function* (source) {
  const maker = rowMaker(source);
  for await (const elements of jsonArrayElements(source.path, source.chunks))
    if (elements.length > 0) yield elements.map(({ line, json }) => maker.row(line, json));
  maker.end();
};
