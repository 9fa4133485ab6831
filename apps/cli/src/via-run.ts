import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { invalidInput } from '@taxon/errors';
import { writeWhole } from '@taxon/evaluation';
import { z } from 'zod';

const runSchema = z.object({ runId: z.string(), startedAt: z.coerce.date(), asked: z.unknown() });

export interface ViaRun {
  runId: string;
  startedAt: Date;
}

/**
 * The run that was begun in a folder, or a new one.
 * @param asked what decides the result; plain JSON
 * @param what such as `another model, --top or input`
 * @throws TaxonError `invalid_input` when it was begun for something else
 */
export const openViaRun = async (folder: string, asked: unknown, what: string): Promise<ViaRun> => {
  const path = join(folder, 'run.json');
  if (existsSync(path)) {
    const { asked: begun, ...run } = runSchema.parse(JSON.parse(await readFile(path, 'utf8')));
    if (JSON.stringify(begun) !== JSON.stringify(asked))
      throw invalidInput(
        `${folder} is of a run with ${what}`,
        'Give these again to go on with it, or remove the folder.',
      );
    return run;
  }
  const run = { runId: randomUUID(), startedAt: new Date() };
  await writeWhole(path, [JSON.stringify({ ...run, asked })]);
  return run;
};
