import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { TrainingRequested } from '@taxon/contracts';
import { TaxonError } from '@taxon/errors';
import { z } from 'zod';

const recordSchema = z.object({
  version: z.literal(1),
  /** Of the event that asks. */
  requestId: z.string().min(1),
  request: z.unknown().transform((json) => TrainingRequested.fromJSON(json)),
  receivedAt: z.coerce.date(),
  /** What `training.completed` or `training.failed` was told; nothing before the end. */
  told: z.enum(['completed', 'failed']).optional(),
});

/** A request for a training that was taken from the bus. */
export type RequestRecord = z.output<typeof recordSchema>;

export interface RequestStore {
  /** Oldest first. */
  all(): RequestRecord[];
  get(requestId: string): RequestRecord | undefined;
  /** Resolves when it is on disk. @throws TaxonError `resource_exhausted` when that is full */
  save(record: RequestRecord): Promise<void>;
}

/** Requests that have ended are remembered, since an event may come again. */
const keptEnded = 1000;

/** Event ids are anybody's: they do not name files. */
export const nameOf = (requestId: string): string => createHash('sha256').update(requestId).digest('hex').slice(0, 32);

const fileOf = (requestId: string): string => `${nameOf(requestId)}.json`;

/**
 * The durable queue behind `taxon.training.requested`: a small JSON file a request.
 * @throws TaxonError `failed_precondition` when the folder cannot be read
 */
export const openRequestStore = async (folder: string, onDamaged: (error: unknown) => void): Promise<RequestStore> => {
  const records = new Map<string, RequestRecord>();
  try {
    await mkdir(folder, { recursive: true });
    for (const name of (await readdir(folder)).filter((each) => each.endsWith('.json')))
      try {
        const record = recordSchema.parse(JSON.parse(await readFile(join(folder, name), 'utf8')) as unknown);
        records.set(record.requestId, record);
      } catch (cause) {
        onDamaged(new Error(`${join(folder, name)} is no request of ours`, { cause }));
      }
  } catch (error) {
    const message = `${folder}, the folder of requested trainings, cannot be used: ${TaxonError.from(error).message}`;
    throw new TaxonError({ code: 'failed_precondition', message, cause: error });
  }
  const all = (): RequestRecord[] =>
    [...records.values()].sort((a, b) => a.receivedAt.getTime() - b.receivedAt.getTime());
  return {
    all,
    get: (requestId) => records.get(requestId),
    save: async (record) => {
      const path = join(folder, fileOf(record.requestId));
      const json = { ...record, request: TrainingRequested.toJSON(record.request) };
      await writeFile(`${path}.writing`, JSON.stringify(json, undefined, 2), { flush: true });
      await rename(`${path}.writing`, path);
      records.set(record.requestId, record);
      const ended = all().filter(({ told }) => told !== undefined);
      for (const { requestId } of ended.slice(0, -keptEnded)) {
        records.delete(requestId);
        await rm(join(folder, fileOf(requestId)), { force: true });
      }
    },
  };
};
