import { invalidInput } from '@taxon/errors';
import { delimitedRows } from './delimited-rows.ts';
import type { TextFormat } from './file-format.ts';
import { jsonArrayRows, jsonLineRows, lineBatches } from './json-rows.ts';
import type { Note } from './note.ts';
import { noteBlankLines, type RowReader, type SourceRow, type WantedColumn } from './source-rows.ts';
import { utf8Chunks } from './utf8-chunks.ts';

/** Plain lines: each is the value of the only column. */
const plainLineRows: RowReader = async function* ({ chunks, notes }) {
  let blank = 0;
  for await (const lines of lineBatches(chunks)) {
    const texts = lines.filter(({ text }) => text.trim() !== '');
    blank += lines.length - texts.length;
    yield texts.map(({ line, text }) => ({ line, values: [text] }));
  }
  noteBlankLines(notes, blank);
};

const readers: Readonly<Record<TextFormat, RowReader>> = {
  csv: delimitedRows('csv'),
  tsv: delimitedRows('tsv'),
  jsonl: jsonLineRows,
  json: jsonArrayRows,
  txt: plainLineRows,
};

export interface ReadRowsOptions {
  format: TextFormat;
  columns: readonly WantedColumn[];
  notes: Note[];
  signal?: AbortSignal;
}

const whatIsMissing: Readonly<Record<TextFormat, string>> = {
  csv: 'a header line and at least one row below it',
  tsv: 'a header line and at least one row below it',
  jsonl: 'at least one line with a JSON object',
  json: 'a JSON array with at least one object',
  txt: 'at least one line of text',
};

/**
 * The rows of a data file, in batches, without ever holding the whole file.
 * @throws TaxonError `invalid_input` for an empty file, a missing column or a broken structure, with file and line
 */
export async function* readRows(path: string, options: ReadRowsOptions): AsyncGenerator<SourceRow[]> {
  const { format, columns, notes, signal } = options;
  let bytes = 0;
  let rows = 0;
  async function* counted(): AsyncGenerator<Buffer> {
    for await (const chunk of utf8Chunks(path, signal)) {
      bytes += chunk.length;
      yield chunk;
    }
  }
  for await (const batch of readers[format]({ path, chunks: counted(), columns, notes })) {
    rows += batch.length;
    yield batch;
  }
  if (rows > 0) return;
  const what = bytes === 0 ? 'is empty' : 'holds no rows';
  throw invalidInput(`${path} ${what}`, `It must hold ${whatIsMissing[format]}.`);
}
