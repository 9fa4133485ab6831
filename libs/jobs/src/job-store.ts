import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { errorCodes, TaxonError } from '@taxon/errors';
import { z } from 'zod';
import { jobStates } from './job-state.ts';

const recordSchema = z.object({
  version: z.literal(1),
  id: z.string().min(1),
  /** Of the process that ran it. */
  pid: z.int(),
  state: z.enum(jobStates),
  request: z.unknown(),
  resume: z.boolean(),
  createTime: z.coerce.date(),
  startTime: z.coerce.date().optional(),
  endTime: z.coerce.date().optional(),
  /** No event of this job has a higher sequence number. */
  sequenceBound: z.coerce.bigint(),
  /** Absent: of a release that told nobody. */
  told: z.boolean().default(true),
  result: z.unknown().optional(),
  error: z
    .object({
      code: z.enum(errorCodes),
      message: z.string(),
      hint: z.string().optional(),
      violations: z.array(z.object({ field: z.string(), description: z.string() })).optional(),
    })
    .optional(),
});

/** A job as it is kept on disk: one small JSON file. */
export type JobRecord = z.output<typeof recordSchema>;

export interface JobStore {
  /** In the order of their creation; files that cannot be read are named to `onDamaged`. */
  load(onDamaged: (path: string, error: unknown) => void): Promise<JobRecord[]>;
  save(record: JobRecord): void;
  remove(id: string): void;
  /** Resolves when all that was saved and removed is on disk. */
  settled(): Promise<void>;
}

const suffix = '.json';

const readRecord = async (path: string): Promise<JobRecord> =>
  recordSchema.parse(JSON.parse(await readFile(path, 'utf8')) as unknown);

const toJson = (record: JobRecord): string =>
  JSON.stringify(record, (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value), 2);

/** Keeps jobs in a folder that is made at the first of them. What fails is told to `onError`: no job fails for it. */
export const openJobStore = (folder: string, onError: (error: unknown) => void): JobStore => {
  // One write after the other: the newest record of a job is the last one written.
  let work: Promise<void> = Promise.resolve();
  const inTurn = (step: () => Promise<void>): void => {
    work = work.then(step).catch(onError);
  };
  const pathOf = (id: string): string => join(folder, `${id}${suffix}`);
  const write = async (path: string, text: string): Promise<void> => {
    await mkdir(folder, { recursive: true });
    await writeFile(`${path}.writing`, text, { flush: true });
    await rename(`${path}.writing`, path);
  };
  return {
    load: async (onDamaged) => {
      const names = await readdir(folder).catch((error: unknown) => {
        if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
        const { message } = TaxonError.from(error);
        throw new TaxonError({
          code: 'failed_precondition',
          message: `${folder}, the folder of kept jobs, cannot be read: ${message}`,
          hint: 'Name another one by jobsFolder.',
          cause: error,
        });
      });
      const records: JobRecord[] = [];
      for (const name of names.filter((each) => each.endsWith(suffix)))
        await readRecord(join(folder, name)).then(
          (record) => records.push(record),
          (error: unknown) => onDamaged(join(folder, name), error),
        );
      return records.sort((a, b) => a.createTime.getTime() - b.createTime.getTime());
    },
    save: (record) => {
      // Now, for the job goes on changing.
      const text = toJson(record);
      inTurn(() => write(pathOf(record.id), text));
    },
    remove: (id) => inTurn(() => rm(pathOf(id), { force: true })),
    settled: () => work,
  };
};
