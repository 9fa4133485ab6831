import { invalidInput } from '@taxon/errors';
import type { Example, Origin } from './example.ts';
import { type DataFormat, fileFormat } from './file-format.ts';
import { LabelColumn, type LabelCell } from './label-column.ts';
import { excerpt, type Note } from './note.ts';
import { readRows } from './read-rows.ts';
import type { ReadDatasetOptions, TaskColumn } from './read-dataset.ts';
import type { WantedColumn } from './source-rows.ts';

export const textOption = '--text-column';

/** Columns that a file may have beside those that are asked for: how a row was made, and of which. */
const madeColumns = ['augmentation', 'parent'] as const;

const provenanceColumns = (idColumn: string | undefined): WantedColumn[] => [
  { name: idColumn ?? 'id', option: '--id-column', absent: idColumn === undefined },
  ...madeColumns.map((name) => ({ name, option: name, absent: true })),
];

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

/** A name of a row or a method, as text; other kinds of value mean something else. */
const nameOf = (value: unknown): string | undefined => {
  if (typeof value !== 'string' && typeof value !== 'number') return undefined;
  const name = String(value).trim();
  return name === '' ? undefined : name;
};

const originOf = (values: readonly unknown[]): { id?: string; origin?: Origin } => {
  const [id, method, parent] = values.map(nameOf);
  const origin = method === undefined || parent === undefined ? undefined : { method, parent };
  return { ...(id !== undefined && { id }), ...(origin && { origin }) };
};

/** What was asked for, checked: text, tasks, then pair and source where named, and provenance. */
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
  return [...columns, ...provenanceColumns(options.idColumn)];
};

export interface RawRow extends Omit<Example, 'labels'> {
  cells: LabelCell[];
}

/** A row, or what is wrong with it. */
export type LabelledRow = RawRow | { line: number; problem: string };

/** The rows of a labelled file before the kinds of its tasks are known, in batches. */
export const labelledRows = (path: string, options: ReadDatasetOptions, notes: Note[]) => {
  const { tasks = [{ column: 'label' }], pairColumn, sourceColumn, labelSeparator, signal } = options;
  const format = fileFormat<DataFormat>(path, options.format, ['csv', 'tsv', 'jsonl', 'json']);
  const columns = wantedColumns(options, tasks);
  const labelColumns = tasks.map(
    ({ column, kind }) => new LabelColumn(column, kind, labelSeparator, tasks.length === 1),
  );
  const pairAt = 1 + tasks.length;
  const sourceAt = pairAt + (pairColumn === undefined ? 0 : 1);
  const provenanceAt = sourceAt + (sourceColumn === undefined ? 0 : 1);
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
    if ('problem' in source) return source;
    return Object.assign(row, source, originOf(values.slice(provenanceAt)));
  };
  async function* batches(): AsyncGenerator<LabelledRow[]> {
    for await (const batch of readRows(path, { format, columns, notes, signal }))
      yield batch.map(({ line, values, problem }) => ({
        line,
        ...(problem === undefined ? toRaw(line, values) : { problem }),
      }));
  }
  return { labelColumns, batches };
};

/** The example of a row, once the kinds of its tasks are known. */
export const toExample = (
  row: LabelledRow,
  labelColumns: readonly LabelColumn[],
): Example | { line: number; problem: string } => {
  if ('problem' in row) return row;
  const { cells, ...rest } = row;
  const labels = cells.map((cell, t) => labelColumns[t]!.labels(cell));
  const wrong = labels.find((found) => found !== undefined && 'problem' in found);
  if (wrong !== undefined && 'problem' in wrong) return { line: row.line, problem: wrong.problem };
  return { ...rest, labels: labels as Example['labels'] };
};
