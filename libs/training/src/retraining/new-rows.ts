import { readFile } from 'node:fs/promises';
import type { Example } from '@taxon/data';
import { invalidInput } from '@taxon/errors';
import type { LabelSpace } from '@taxon/data';
import { z } from 'zod';

const rowSchema = z.strictObject({
  text: z.string().refine((text) => text.trim() !== '', 'blank'),
  pair: z.string().optional(),
  /** By task; a task that is missing is not known. */
  labels: z.record(z.string(), z.array(z.string().min(1))),
});

/** A text whose right labels somebody has told. */
export type NewRow = z.output<typeof rowSchema>;

/**
 * Reads new rows: JSON Lines of text, pair and labels by task. A label that the model does not know is a new class.
 * @throws TaxonError `invalid_input` naming file, line and field
 */
export const readNewRows = async (path: string, { tasks }: LabelSpace): Promise<Example[]> => {
  const names = tasks.map(({ name }) => name);
  const complain = (line: number, problem: string) => invalidInput(`${path}:${line}: ${problem}`);
  const toExample = (text: string, line: number): Example => {
    let json: unknown;
    try {
      json = JSON.parse(text);
    } catch (error) {
      throw complain(line, `not valid JSON: ${(error as Error).message}`);
    }
    const { data: row, error } = rowSchema.safeParse(json);
    if (row === undefined) {
      const [issue] = error.issues;
      throw complain(line, `${issue!.path.join('.')}: ${issue!.message}`);
    }
    const unknown = Object.keys(row.labels).find((name) => !names.includes(name));
    if (unknown !== undefined)
      throw complain(line, `labels.${unknown}: no task of the model; it answers ${names.join(', ')}`);
    const labels = tasks.map(({ name, kind }) => {
      const given = row.labels[name];
      if (given !== undefined && kind === 'single-label' && given.length !== 1)
        throw complain(line, `labels.${name}: ${given.length} labels, where a text has one`);
      return given && [...new Set(given)];
    });
    if (labels.every((known) => known === undefined)) throw complain(line, 'labels: empty');
    return { text: row.text, ...(row.pair !== undefined && { pair: row.pair }), labels, line };
  };
  const lines = (await readFile(path, 'utf8')).split('\n');
  return lines.flatMap((text, i) => (text.trim() === '' ? [] : [toExample(text, i + 1)]));
};
