import { invalidInput } from '@taxon/errors';
import { type DataFormat, fileFormat } from './file-format.ts';
import { countOf, excerpt, type Note } from './note.ts';
import { readRows } from './read-rows.ts';
import { RowProblems, type WantedColumn } from './source-rows.ts';

/** One labelled text. */
export interface Example {
  /** As written in the file, never empty or blank. */
  text: string;
  /** Trimmed, never empty. */
  label: string;
  /** 1-based line of the file on which the record starts. */
  line: number;
}

export interface Dataset {
  /** As the caller gave it. */
  path: string;
  /** In the file's order, at least one. */
  examples: Example[];
  /** What reading did on its own, such as skipping blank lines. */
  notes: Note[];
}

export interface ReadDatasetOptions {
  /** @default by the file's ending: .csv, .tsv or .tab, .jsonl or .ndjson, .json */
  format?: DataFormat;
  /** Column (CSV, TSV) or key (JSON) of the text. @default 'text' */
  textColumn?: string;
  /** Column or key of the label. @default 'label' */
  labelColumn?: string;
  signal?: AbortSignal;
}

export const textOption = '--text-column';
const labelOption = '--label-column';

/** The label that a value stands for, or what is wrong with it. Numbers count, and lists of one. */
const labelOf = (value: unknown, column: string): { label: string } | { problem: string } => {
  const name = JSON.stringify(column);
  if (Array.isArray(value)) {
    if (value.length === 1) return labelOf(value[0], column);
    return {
      problem: `the list in ${name} holds ${countOf(value.length, 'label')}; a single-label text has exactly one`,
    };
  }
  if (typeof value === 'number' || typeof value === 'boolean') return { label: String(value) };
  if (typeof value !== 'string')
    return { problem: `the label in ${name} is ${JSON.stringify(value)}, not a string or number` };
  const label = value.trim();
  return label === '' ? { problem: `the label in ${name} is empty` } : { label };
};

/** The text that a value stands for, or what is wrong with it. May be blank. */
export const textOf = (value: unknown, column: string): { text: string } | { problem: string } =>
  typeof value === 'string'
    ? { text: value }
    : { problem: `the text in ${JSON.stringify(column)} is ${excerpt(JSON.stringify(value), 30)}, not a string` };

/**
 * Reads a labelled file: CSV, TSV, JSON Lines or a JSON array, as UTF-8 with or without byte order mark.
 * @throws TaxonError `invalid_input` naming file, line and column for a missing column, an empty file, bytes that are not
 *   UTF-8, a broken structure, and rows without text or label (the first five, and how many); `not_found`; `cancelled`
 */
export const readDataset = async (path: string, options: ReadDatasetOptions = {}): Promise<Dataset> => {
  const { textColumn = 'text', labelColumn = 'label', signal } = options;
  const format = fileFormat<DataFormat>(path, options.format, ['csv', 'tsv', 'jsonl', 'json']);
  if (textColumn === labelColumn)
    throw invalidInput(`${textOption} and ${labelOption} both name ${JSON.stringify(textColumn)}`, 'Set one of them.');
  const columns: WantedColumn[] = [
    { name: textColumn, option: textOption },
    { name: labelColumn, option: labelOption },
  ];
  const dataset: Dataset = { path, examples: [], notes: [] };
  const problems = new RowProblems(path);
  const labels = new Map<string, string>(); // one string object a class, not one a row
  for await (const rows of readRows(path, { format, columns, notes: dataset.notes, signal }))
    for (const { line, values, problem } of rows) {
      if (problem !== undefined) {
        problems.add(line, problem);
        continue;
      }
      const text = textOf(values[0], textColumn);
      const label = labelOf(values[1], labelColumn);
      if ('problem' in text) problems.add(line, text.problem);
      else if (text.text.trim() === '') problems.add(line, `the text in ${JSON.stringify(textColumn)} is empty`);
      else if ('problem' in label) problems.add(line, label.problem);
      else {
        const known = labels.get(label.label) ?? label.label;
        labels.set(known, known);
        dataset.examples.push({ text: text.text, label: known, line });
      }
    }
  problems.throwIfAny('Every row needs a text and a label: mend these rows or take them out.');
  return dataset;
};
