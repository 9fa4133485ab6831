import { invalidInput } from '@taxon/errors';
import type { Example, TaskKind } from './example.ts';
import type { DataFormat } from './file-format.ts';
import { labelledRows, toExample, type LabelledRow } from './labelled-rows.ts';
import type { Note } from './note.ts';
import { RowProblems } from './source-rows.ts';

export interface Dataset {
  /** As the caller gave it. */
  path: string;
  /** In the file's order, at least one. */
  examples: Example[];
  /** By task: as asked for, or as the column shows. */
  kinds: TaskKind[];
  /** What reading did on its own, such as skipping blank lines. */
  notes: Note[];
}

/** Where a task's labels stand. */
export interface TaskColumn {
  /** Column (CSV, TSV) or key (JSON). */
  column: string;
  /** @default multi-label when a list holds other than one label, or a value holds the separator; else single-label */
  kind?: TaskKind;
  /** What messages call the setting that names the column. @default '--label-column' */
  option?: string;
}

export interface ReadDatasetOptions {
  /** @default by the file's ending: .csv, .tsv or .tab, .jsonl or .ndjson, .json */
  format?: DataFormat;
  /** Column (CSV, TSV) or key (JSON) of the text. @default 'text' */
  textColumn?: string;
  /** Column or key of a sentence pair's second text. */
  pairColumn?: string;
  /** Column or key that says where a text came from; may be blank. */
  sourceColumn?: string;
  /** Column or key that names a row, for what is made of it. @default 'id', where there is one */
  idColumn?: string;
  /** At least one. @default one task, the column 'label' */
  tasks?: readonly TaskColumn[];
  /** Stands between the labels of one value, such as `|`; lists (JSON) need none. */
  labelSeparator?: string;
  signal?: AbortSignal;
}

/**
 * Reads a labelled file: CSV, TSV, JSON Lines or a JSON array, as UTF-8 with or without byte order mark. Labels of several tasks
 * may be missing from a row (null, no such key, an empty cell): not known. A lone task needs its label on every row; an empty cell of
 * a lone multi-label column means none of them, as the empty list does everywhere.
 * @throws TaxonError `invalid_input` naming file, line and column for a missing column, an empty file, bytes that are not
 *   UTF-8, a broken structure, and rows without text or label (the first five, and how many); `not_found`; `cancelled`
 */
export const readDataset = async (path: string, options: ReadDatasetOptions = {}): Promise<Dataset> => {
  const notes: Note[] = [];
  const { labelColumns, batches } = labelledRows(path, options, notes);
  const rows: LabelledRow[] = [];
  for await (const batch of batches()) rows.push(...batch);
  const problems = new RowProblems(path);
  const examples: Example[] = [];
  for (const row of rows) {
    const example = toExample(row, labelColumns);
    if ('problem' in example) problems.add(row.line, example.problem);
    else examples.push(example);
  }
  problems.throwIfAny(mendRows);
  for (const { note } of labelColumns) if (note !== undefined) notes.push(note);
  return { path, examples, kinds: labelColumns.map(({ kind }) => kind), notes };
};

const mendRows = 'Every row needs a text and a label: mend these rows or take them out.';

/** A labelled file that is read as a stream, as often as needed. */
export interface DatasetFile {
  path: string;
  /** By task. */
  kinds: TaskKind[];
  notes: Note[];
  /** Rows of the file. */
  rows: number;
  /** In the file's order. */
  examples(): AsyncGenerator<Example>;
}

/**
 * Goes through a labelled file once, so that every row is known to be right and the kinds of its tasks are known, and keeps none of it:
 * the examples are read again when they are asked for. As `readDataset` otherwise.
 */
export const openDataset = async (path: string, options: ReadDatasetOptions = {}): Promise<DatasetFile> => {
  const notes: Note[] = [];
  const { labelColumns, batches } = labelledRows(path, options, notes);
  const problems = new RowProblems(path);
  let rows = 0;
  // A cell that is wrong now may be right in a column that turns out multi-label further down, and the other way round.
  let mayBeWrong = false;
  for await (const batch of batches())
    for (const row of batch) {
      rows++;
      const example = toExample(row, labelColumns);
      if (!('problem' in example)) continue;
      if ('problem' in row) problems.add(row.line, row.problem);
      else mayBeWrong = true;
    }
  const tasks = (options.tasks ?? [{ column: 'label' }]).map((task, t) => ({ ...task, kind: labelColumns[t]!.kind }));
  const again = (): ReturnType<typeof labelledRows> => labelledRows(path, { ...options, tasks }, []);
  if (mayBeWrong || labelColumns.some(({ kind }) => kind === 'multi-label')) {
    const known = again();
    for await (const batch of known.batches())
      for (const row of batch) {
        const example = toExample(row, known.labelColumns);
        if (!('problem' in row) && 'problem' in example) problems.add(example.line, example.problem);
      }
  }
  problems.throwIfAny(mendRows);
  for (const { note } of labelColumns) if (note !== undefined) notes.push(note);
  async function* examples(): AsyncGenerator<Example> {
    const known = again();
    for await (const batch of known.batches())
      for (const row of batch) {
        const example = toExample(row, known.labelColumns);
        if ('problem' in example)
          throw invalidInput(`${path}:${row.line}: ${example.problem}`, 'The file has changed.');
        yield example;
      }
  }
  return { path, kinds: labelColumns.map(({ kind }) => kind), notes, rows, examples };
};
