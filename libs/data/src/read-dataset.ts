import { invalidInput } from '@taxon/errors';
import type { Example, TaskKind } from './example.ts';
import { type DataFormat, fileFormat } from './file-format.ts';
import { LabelColumn, type LabelCell } from './label-column.ts';
import { excerpt, type Note } from './note.ts';
import { readRows } from './read-rows.ts';
import { RowProblems, type WantedColumn } from './source-rows.ts';

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
  /** At least one. @default one task, the column 'label' */
  tasks?: readonly TaskColumn[];
  /** Stands between the labels of one value, such as `|`; lists (JSON) need none. */
  labelSeparator?: string;
  signal?: AbortSignal;
}

export const textOption = '--text-column';

/** The text that a value stands for, or what is wrong with it. May be blank. */
export const textOf = (value: unknown, column: string): { text: string } | { problem: string } =>
  typeof value === 'string'
    ? { text: value }
    : { problem: `the text in ${JSON.stringify(column)} is ${excerpt(JSON.stringify(value), 30)}, not a string` };

/** As `textOf`, but never blank. */
const filledText = (value: unknown, column: string): { text: string } | { problem: string } => {
  const text = textOf(value, column);
  if ('text' in text && text.text.trim() === '') return { problem: `the text in ${JSON.stringify(column)} is empty` };
  return text;
};

const sourceOf = (value: unknown, column: string): { source?: string } | { problem: string } => {
  if (value === undefined || value === null) return {};
  if (typeof value !== 'string' && typeof value !== 'number')
    return {
      problem: `the source in ${JSON.stringify(column)} is ${excerpt(JSON.stringify(value), 30)}, not a string`,
    };
  const source = String(value).trim();
  return source === '' ? {} : { source };
};

/** What was asked for, checked: text, tasks, then pair and source where named. */
const wantedColumns = (options: ReadDatasetOptions, tasks: readonly TaskColumn[]): WantedColumn[] => {
  const columns: WantedColumn[] = [
    { name: options.textColumn ?? 'text', option: textOption },
    ...tasks.map(({ column, option = '--label-column' }) => ({
      name: column,
      option,
      optional: tasks.length > 1,
    })),
  ];
  if (options.pairColumn !== undefined) columns.push({ name: options.pairColumn, option: '--pair-column' });
  if (options.sourceColumn !== undefined)
    columns.push({ name: options.sourceColumn, option: '--source-column', optional: true });
  if (tasks.length === 0) throw invalidInput('no label column is named', 'Set --label-column.');
  if (options.labelSeparator === '')
    throw invalidInput('--label-separator is empty', 'Set it to what stands between labels, such as "|".');
  columns.forEach(({ name, option }, i) => {
    const earlier = columns.slice(0, i).find((other) => other.name === name);
    if (earlier === undefined) return;
    const who = earlier.option === option ? `${option} names ${JSON.stringify(name)} twice` : undefined;
    throw invalidInput(who ?? `${earlier.option} and ${option} both name ${JSON.stringify(name)}`, 'Set one of them.');
  });
  return columns;
};

interface RawRow {
  line: number;
  text: string;
  pair?: string;
  source?: string;
  cells: LabelCell[];
}

/**
 * Reads a labelled file: CSV, TSV, JSON Lines or a JSON array, as UTF-8 with or without byte order mark. Labels of several tasks
 * may be missing from a row (null, no such key, an empty cell): not known. A lone task needs its label on every row; an empty cell of
 * a lone multi-label column means none of them, as the empty list does everywhere.
 * @throws TaxonError `invalid_input` naming file, line and column for a missing column, an empty file, bytes that are not
 *   UTF-8, a broken structure, and rows without text or label (the first five, and how many); `not_found`; `cancelled`
 */
export const readDataset = async (path: string, options: ReadDatasetOptions = {}): Promise<Dataset> => {
  const { tasks = [{ column: 'label' }], pairColumn, sourceColumn, labelSeparator, signal } = options;
  const format = fileFormat<DataFormat>(path, options.format, ['csv', 'tsv', 'jsonl', 'json']);
  const columns = wantedColumns(options, tasks);
  const labelColumns = tasks.map(
    ({ column, kind }) => new LabelColumn(column, kind, labelSeparator, tasks.length === 1),
  );
  const pairAt = 1 + tasks.length;
  const sourceAt = pairAt + (pairColumn === undefined ? 0 : 1);
  const toRaw = (line: number, values: readonly unknown[]): RawRow | { problem: string } => {
    const text = filledText(values[0], columns[0]!.name);
    if ('problem' in text) return text;
    const row: RawRow = { line, ...text, cells: labelColumns.map((column, t) => column.read(values[1 + t], line)) };
    if (pairColumn !== undefined) {
      const pair = filledText(values[pairAt], pairColumn);
      if ('problem' in pair) return pair;
      row.pair = pair.text;
    }
    const source = sourceColumn === undefined ? {} : sourceOf(values[sourceAt], sourceColumn);
    return 'problem' in source ? source : Object.assign(row, source);
  };

  const notes: Note[] = [];
  const rows: (RawRow | { line: number; problem: string })[] = [];
  for await (const batch of readRows(path, { format, columns, notes, signal }))
    for (const { line, values, problem } of batch)
      rows.push({ line, ...(problem === undefined ? toRaw(line, values) : { problem }) });

  const problems = new RowProblems(path);
  const examples: Example[] = [];
  for (const row of rows) {
    if ('problem' in row) {
      problems.add(row.line, row.problem);
      continue;
    }
    const { cells, ...rest } = row;
    const labels = cells.map((cell, t) => labelColumns[t]!.labels(cell));
    const wrong = labels.find((found) => found !== undefined && 'problem' in found);
    if (wrong !== undefined && 'problem' in wrong) problems.add(row.line, wrong.problem);
    else examples.push({ ...rest, labels: labels as Example['labels'] });
  }
  problems.throwIfAny('Every row needs a text and a label: mend these rows or take them out.');
  for (const { note } of labelColumns) if (note !== undefined) notes.push(note);
  return { path, examples, kinds: labelColumns.map(({ kind }) => kind), notes };
};
