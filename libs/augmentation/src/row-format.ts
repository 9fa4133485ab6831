import type { Example, TaskDefinition } from '@taxon/data';
import { invalidInput } from '@taxon/errors';

/** How rows are written: what stands in which column. */
export interface RowFormat {
  kind: 'csv' | 'tsv' | 'jsonl';
  textColumn: string;
  pairColumn?: string;
  sourceColumn?: string;
  /** By task. */
  labelColumns: readonly string[];
  tasks: readonly TaskDefinition[];
  /** Between the labels of one cell. */
  labelSeparator?: string;
}

/** By the file's ending. @throws TaxonError `invalid_input` */
export const rowFormatOf = (path: string): RowFormat['kind'] => {
  const ending = /\.(csv|tsv|tab|jsonl|ndjson)$/i.exec(path)?.[1]!.toLowerCase();
  if (ending === undefined)
    throw invalidInput(
      `${path}: the ending does not say how to write it`,
      'Name it .csv, .tsv or .jsonl; rows are written as they are made, which a .json array does not suit.',
    );
  return ending === 'tab' ? 'tsv' : ending === 'ndjson' ? 'jsonl' : (ending as RowFormat['kind']);
};

const columnsOf = ({ textColumn, pairColumn, sourceColumn, labelColumns }: RowFormat): string[] => [
  'id',
  textColumn,
  ...(pairColumn === undefined ? [] : [pairColumn]),
  ...labelColumns,
  ...(sourceColumn === undefined ? [] : [sourceColumn]),
  'augmentation',
  'parent',
];

const quoted = (field: string, delimiter: string): string =>
  field.includes(delimiter) || /["\r\n]/.test(field) || field !== field.trim()
    ? `"${field.replaceAll('"', '""')}"`
    : field;

/** First line of a file, or nothing. */
export const headerOf = (format: RowFormat): string => {
  if (format.kind === 'jsonl') return '';
  const delimiter = format.kind === 'csv' ? ',' : '\t';
  return `${columnsOf(format)
    .map((name) => quoted(name, delimiter))
    .join(delimiter)}\n`;
};

const labelCell = (
  labels: readonly string[] | undefined,
  task: number,
  { tasks, labelSeparator }: RowFormat,
): string => {
  if (labels === undefined) return '';
  const { name, kind } = tasks[task]!;
  if (kind === 'single-label') return labels[0]!;
  if (labels.length === 0 && tasks.length > 1)
    throw invalidInput(
      `${JSON.stringify(name)}: a text without any label cannot be told from one whose labels are not known in CSV`,
      'Write to a .jsonl file.',
    );
  if (labelSeparator === undefined || labels.some((label) => label.includes(labelSeparator)))
    throw invalidInput(
      `${JSON.stringify(name)} is multi-label, and nothing that its labels lack is there to stand between them`,
      'Set --label-separator, or write to a .jsonl file.',
    );
  return labels.join(labelSeparator);
};

/** A row as a line. `id` is left empty for what was made: nothing is made of it. */
export const formatRow = (row: Example & { id?: string }, format: RowFormat): string => {
  const { textColumn, pairColumn, sourceColumn, labelColumns, tasks } = format;
  const { id, text, pair, source, labels, origin } = row;
  if (format.kind === 'jsonl')
    return `${JSON.stringify({
      id,
      [textColumn]: text,
      ...(pairColumn !== undefined && { [pairColumn]: pair }),
      ...Object.fromEntries(
        labelColumns.map((name, t) => [
          name,
          tasks[t]!.kind === 'single-label' ? (labels[t]?.[0] ?? null) : (labels[t] ?? null),
        ]),
      ),
      ...(sourceColumn !== undefined && { [sourceColumn]: source }),
      augmentation: origin?.method,
      parent: origin?.parent,
    })}\n`;
  const delimiter = format.kind === 'csv' ? ',' : '\t';
  const cells = [
    id ?? '',
    text,
    ...(pairColumn === undefined ? [] : [pair ?? '']),
    ...labels.map((own, t) => labelCell(own, t, format)),
    ...(sourceColumn === undefined ? [] : [source ?? '']),
    origin?.method ?? '',
    origin?.parent ?? '',
  ];
  return `${cells.map((cell) => quoted(cell, delimiter)).join(delimiter)}\n`;
};
