import { readFile } from 'node:fs/promises';
import type { Example } from '@taxon/data';
import { invalidInput } from '@taxon/errors';
import type { LabelSpace } from '@taxon/data';
import { z } from 'zod';

const isFilled = (text: string): boolean => text.trim() !== '';

const rowSchema = z.strictObject({
  text: z.string().refine(isFilled, 'blank'),
  pair: z.string().optional(),
  /** By task; a task that is missing is not known. */
  labels: z.record(z.string(), z.array(z.string().refine(isFilled, 'blank'))),
});

/** A text whose right labels somebody has told. */
export type NewRow = z.output<typeof rowSchema>;

/** Rows of a file, and why others of it are none. */
export interface NewRows {
  rows: Example[];
  /** `FILE:LINE: why`, of each that is left out. */
  unusable: string[];
}

type Read = Example | { problem: string };

const toExample = (json: unknown, line: number, { tasks }: LabelSpace): Read => {
  const { data: row, error } = rowSchema.safeParse(json);
  if (row === undefined) {
    const [issue] = error.issues;
    return { problem: `${issue!.path.join('.')}: ${issue!.message}` };
  }
  const names = tasks.map(({ name }) => name);
  const unknown = Object.keys(row.labels).find((name) => !names.includes(name));
  if (unknown !== undefined)
    return { problem: `labels.${unknown}: no task of the model; it answers ${names.join(', ')}` };
  const wrong = tasks.find(({ name, kind }) => kind === 'single-label' && (row.labels[name]?.length ?? 1) !== 1);
  if (wrong !== undefined)
    return { problem: `labels.${wrong.name}: ${row.labels[wrong.name]!.length} labels, where a text has one` };
  const labels = tasks.map(({ name }) => row.labels[name] && [...new Set(row.labels[name])]);
  if (labels.every((known) => known === undefined)) return { problem: 'labels: empty' };
  return { text: row.text, ...(row.pair !== undefined && { pair: row.pair }), labels, line };
};

/**
 * Reads new rows: JSON Lines of text, pair and labels by task. A label that the model does not know is a new class. A row that is none
 * is left out and told: it would otherwise fail every training that comes.
 * @throws TaxonError `invalid_input` naming file and line of what is no JSON
 */
export const readNewRows = async (path: string, space: LabelSpace): Promise<NewRows> => {
  const found: NewRows = { rows: [], unusable: [] };
  const lines = (await readFile(path, 'utf8')).split('\n');
  lines.forEach((text, i) => {
    if (text.trim() === '') return;
    let json: unknown;
    try {
      json = JSON.parse(text);
    } catch (error) {
      throw invalidInput(`${path}:${i + 1}: not valid JSON: ${(error as Error).message}`);
    }
    const read = toExample(json, i + 1, space);
    if ('problem' in read) found.unusable.push(`${path}:${i + 1}: ${read.problem}`);
    else found.rows.push(read);
  });
  return found;
};
