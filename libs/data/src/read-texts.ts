import { fileFormat, type TextFormat } from './file-format.ts';
import { countOf, firstFew, type Note } from './note.ts';
import { textOf, textOption } from './labelled-rows.ts';
import { readRows } from './read-rows.ts';
import { RowProblems } from './source-rows.ts';

/** One text to classify. */
export interface TextRow {
  text: string;
  /** The second text of a sentence pair, where `pairColumn` names it. */
  pair?: string;
  /** 1-based line of the file on which the record starts. */
  line: number;
}

export interface TextFile {
  /** As the caller gave it. */
  path: string;
  /** In the file's order, at least one. */
  texts: TextRow[];
  notes: Note[];
}

export interface ReadTextsOptions {
  /** @default by the file's ending: as `readDataset`, and .txt for one text a line */
  format?: TextFormat;
  /** Column or key of the text; other columns are ignored. @default 'text' */
  textColumn?: string;
  /** Column or key of a sentence pair's second text. */
  pairColumn?: string;
  signal?: AbortSignal;
}

/**
 * Reads unlabelled texts. JSON lines and arrays may hold bare strings. Empty texts are kept, so that answers stay beside their
 * rows, and reported in the notes.
 * @throws TaxonError as `readDataset` does
 */
export const readTexts = async (path: string, options: ReadTextsOptions = {}): Promise<TextFile> => {
  const { textColumn = 'text', pairColumn, signal } = options;
  const format = fileFormat<TextFormat>(path, options.format, ['csv', 'tsv', 'jsonl', 'json', 'txt']);
  const file: TextFile = { path, texts: [], notes: [] };
  const problems = new RowProblems(path);
  const empty: number[] = [];
  const columns = [{ name: textColumn, option: textOption }];
  if (pairColumn !== undefined) columns.push({ name: pairColumn, option: '--pair-column' });
  const pairOf = (values: readonly unknown[]) => {
    const pair = pairColumn === undefined ? undefined : textOf(values[1], pairColumn);
    return pair === undefined || 'problem' in pair ? pair : { pair: pair.text };
  };
  for await (const rows of readRows(path, { format, columns, notes: file.notes, signal }))
    for (const { line, values, problem } of rows) {
      const text = problem === undefined ? textOf(values[0], textColumn) : { problem };
      const pair = problem === undefined ? pairOf(values) : undefined;
      if ('problem' in text) problems.add(line, text.problem);
      else if (pair && 'problem' in pair) problems.add(line, pair.problem);
      else {
        if (text.text.trim() === '') empty.push(line);
        file.texts.push({ text: text.text, ...pair, line });
      }
    }
  problems.throwIfAny('Every row needs a text: mend these rows or take them out.');
  if (empty.length > 0)
    file.notes.push({
      level: 'warning',
      message: `${countOf(empty.length, 'text')} of ${path} ${empty.length === 1 ? 'is' : 'are'} empty (line ${firstFew(empty)})`,
    });
  return file;
};
