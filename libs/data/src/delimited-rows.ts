import { Readable, pipeline } from 'node:stream';
import { CsvError, parse } from 'csv-parse';
import { invalidInput } from '@taxon/errors';
import { countOf } from './note.ts';
import { missingColumn, noteBlankLines, type RowReader, type RowSource, type SourceRow } from './source-rows.ts';

const rowsABatch = 128;
/** An unclosed quote swallows the rest of the file: this stops it early. Far above any text a model of this kind reads. */
const longestRecordBytes = 32 << 20;

/** `;` where the header has one and no comma, as spreadsheets write CSV in much of Europe; else the format's own. */
export const delimiterOf = (header: string, format: 'csv' | 'tsv'): string =>
  format === 'tsv' ? '\t' : header.includes(';') && !header.includes(',') ? ';' : ',';

/** The chunks again, after a look at the first line. */
const peekHeader = async (chunks: AsyncIterable<Buffer>): Promise<{ header: string; all: AsyncIterable<Buffer> }> => {
  const iterator = chunks[Symbol.asyncIterator]();
  const first = await iterator.next();
  const bytes = first.done === true ? Buffer.alloc(0) : first.value;
  async function* all(): AsyncGenerator<Buffer> {
    yield bytes;
    yield* { [Symbol.asyncIterator]: () => iterator };
  }
  return { header: bytes.toString('utf8').split(/[\r\n]/, 1)[0] ?? '', all: all() };
};

/** Where each wanted column stands in the header; −1 for one that may be absent and is. */
const columnIndices = ({ path, columns }: RowSource, header: readonly string[], line: number): number[] => {
  const names = header.map((name) => name.trim());
  return columns.map((column) => {
    const index = names.indexOf(column.name);
    if (index === -1 && column.absent === true) return index;
    if (index === -1) throw missingColumn(`${path}:${line}`, column, names, 'column');
    if (names.includes(column.name, index + 1))
      throw invalidInput(
        `${path}:${line}: the column ${JSON.stringify(column.name)} is there twice`,
        'Rename one of them.',
      );
    return index;
  });
};

const syntaxError = (path: string, line: number, error: CsvError): unknown => {
  if (error.code === 'CSV_QUOTE_NOT_CLOSED' || error.code === 'CSV_MAX_RECORD_SIZE')
    return invalidInput(
      `${path}:${line}: a quoted field opens in the record that starts here, and its closing quote is missing`,
      'Close the quote; a quote inside a quoted field is written twice ("").',
    );
  return invalidInput(
    `${path}:${line}: ${error.message}`,
    'Quote fields that hold the separator, a quote or a line break.',
  );
};

/** Line breaks within a record's fields. The parser's own count takes `\r\n` within quotes for two. */
const lineBreaks = (fields: readonly string[]): number => {
  let count = 0;
  for (const field of fields) for (let at = field.indexOf('\n'); at !== -1; at = field.indexOf('\n', at + 1)) count++;
  return count;
};

/** Reads CSV and TSV with a header line: RFC 4180, any line ending, quotes inside an unquoted field taken literally. */
export const delimitedRows = (format: 'csv' | 'tsv'): RowReader =>
  async function* (source) {
    const { path, notes } = source;
    const { header, all } = await peekHeader(source.chunks);
    const delimiter = delimiterOf(header, format);
    if (delimiter === ';') notes.push({ level: 'info', message: 'fields are separated by ";", as the header shows' });
    const parser = parse({
      delimiter,
      relax_quotes: true,
      relax_column_count: true,
      max_record_size: longestRecordBytes,
    });
    pipeline(Readable.from(all, { objectMode: false }), parser, () => undefined); // errors surface in the loop below

    let line = 1;
    let blank = 0;
    let width = 0;
    let indices: number[] | undefined;
    let batch: SourceRow[] = [];
    try {
      for await (const fields of parser as AsyncIterable<string[]>) {
        const at = line;
        line += 1 + lineBreaks(fields);
        if (fields.length === 1 && fields[0] === '') blank++;
        else if (indices === undefined) {
          indices = columnIndices(source, fields, at);
          width = fields.length;
        } else if (fields.length !== width) {
          const problem = `the row has ${countOf(fields.length, 'field')}, the header ${width}`;
          batch.push({ line: at, values: [], problem });
        } else {
          const values = new Array<string | undefined>(indices.length);
          for (let i = 0; i < indices.length; i++) values[i] = fields[indices[i]!];
          batch.push({ line: at, values });
        }
        if (batch.length === rowsABatch) {
          yield batch;
          batch = [];
        }
      }
    } catch (error) {
      throw error instanceof CsvError ? syntaxError(path, line, error) : error;
    }
    noteBlankLines(notes, blank);
    if (batch.length > 0) yield batch;
  };
