import { join } from 'node:path';
import { z } from 'zod';

/**
 * Keys of every service that runs jobs.
 * @param below the key of the folder in which jobs are kept where no other is named
 */
export const jobConfig = (below: string) => ({
  maxQueued: z.int().min(0).default(10).describe('jobs that may wait while one runs'),
  keepEnded: z.int().min(1).default(100).describe('ended jobs that are remembered'),
  jobsFolder: z
    .string()
    .min(1)
    .optional()
    .describe(`folder where jobs are kept across restarts; .jobs below ${below} where none is named`),
});

/** Where a service keeps its jobs: a folder of its own, so that services may share the rest. */
export const jobFolder = (jobsFolder: string | undefined, below: string, plural: string): string =>
  join(jobsFolder ?? join(below, '.jobs'), plural);

/**
 * What a cancelled job's process is given, milliseconds. A native call of a large model may keep it from hearing for some seconds,
 * and killed it would lose what it did since its last checkpoint; one that has heard may have a large checkpoint to write.
 */
export const patience = { hear: 10_000, stop: 30_000 } as const;
