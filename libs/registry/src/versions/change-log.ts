import { TaxonError } from '@taxon/errors';
import { z } from 'zod';
import type { HistoryEntry } from '../registry.ts';
import { readWhole } from '../storage/read-whole.ts';
import type { Storage } from '../storage/storage.ts';

// A model's truth is a list of changes, each an object of its own whose name is its number. Writing the next number where it is
// absent is the one step that commits a change: of several writers one wins, the others look again.

const digest = z.string().regex(/^[0-9a-f]{64}$/);
const version = z.int().min(1);
const entrySchema = z.object({
  revision: z.int().min(1),
  at: z.coerce.date(),
  by: z.string(),
  change: z.discriminatedUnion('kind', [
    z.object({
      kind: z.literal('registered'),
      version,
      contentDigest: digest,
      manifestDigest: digest,
      bytes: z.number(),
    }),
    z.object({ kind: z.literal('alias'), alias: z.string(), from: version.optional(), to: version.optional() }),
    z.object({ kind: z.literal('note'), version: version.optional() }),
    z.object({ kind: z.literal('removed'), version }),
    z.object({ kind: z.literal('restored'), version }),
  ]),
  reason: z.string(),
  details: z.unknown().optional(),
  eventId: z.string().optional(),
});

export interface ChangeLog {
  /** Every change so far; those that were read before are not read again. */
  read(): Promise<readonly HistoryEntry[]>;
  /** @returns false where another change took the number */
  append(entry: HistoryEntry): Promise<boolean>;
}

export const logPrefix = (model: string): string => `models/${model}/log/`;
/** Numbers of one width: their order is that of their names. */
const keyOf = (model: string, revision: number): string =>
  `${logPrefix(model)}${String(revision).padStart(10, '0')}.json`;

/** Requests under way. */
const atOnce = 16;

export const openChangeLog = (storage: Storage, model: string): ChangeLog => {
  const entries: HistoryEntry[] = [];

  const readNext = async (revision: number): Promise<HistoryEntry | undefined> => {
    const key = keyOf(model, revision);
    const bytes = await readWhole(storage, key);
    if (bytes === undefined) return undefined;
    try {
      const entry = entrySchema.parse(JSON.parse(bytes.toString('utf8')));
      if (entry.revision !== revision) throw new Error(`its revision is ${entry.revision}`);
      return entry as HistoryEntry;
    } catch (cause) {
      throw new TaxonError({
        code: 'failed_precondition',
        message: `${storage.place}: ${key} is damaged: ${(cause as Error).message.slice(0, 300)}`,
        hint: 'Bring it back from a copy of the registry: the changes after it rest on it.',
        cause,
      });
    }
  };
  /** A long log that nothing is known of yet: several at once, up to what is listed now. */
  const readListed = async (): Promise<void> => {
    let listed = 0;
    for await (const { key } of storage.list(logPrefix(model))) listed = Number.parseInt(key.slice(-15), 10) || listed;
    while (entries.length < listed) {
      const count = Math.min(atOnce, listed - entries.length);
      const next = await Promise.all(Array.from({ length: count }, (_, i) => readNext(entries.length + 1 + i)));
      const gap = next.indexOf(undefined);
      entries.push(...(next.slice(0, gap < 0 ? count : gap) as HistoryEntry[]));
      if (gap >= 0) return;
    }
  };
  // One after the other: two readers would put the same change in twice.
  let reading: Promise<unknown> = Promise.resolve();
  const readAll = async (): Promise<readonly HistoryEntry[]> => {
    if (entries.length === 0) await readListed();
    for (;;) {
      const next = await readNext(entries.length + 1);
      if (next === undefined) return [...entries];
      entries.push(next);
    }
  };

  return {
    read: () => {
      const result = reading.then(readAll);
      reading = result.catch(() => undefined);
      return result;
    },
    append: (entry) =>
      storage.write(keyOf(model, entry.revision), Buffer.from(`${JSON.stringify(entry)}\n`), { ifAbsent: true }),
  };
};
