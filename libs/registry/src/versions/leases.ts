import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import type { Lease } from '../registry.ts';
import { readWhole } from '../storage/read-whole.ts';
import type { Storage } from '../storage/storage.ts';

/** A holder that ended without a word is believed so long, in ms. */
export const leaseTerm = 120_000;
/** Renewed so often within a term. */
const renewals = 4;

const leaseSchema = z.object({ holder: z.string(), until: z.number() });

const parseLease = (bytes: Buffer): z.output<typeof leaseSchema> | undefined => {
  try {
    return leaseSchema.parse(JSON.parse(bytes.toString('utf8')));
  } catch {
    return undefined;
  }
};

const prefixOf = (model: string, version: number): string => `leases/${model}/${version}/`;

/** Clocks of two machines may differ by so much, in ms. */
const clockSkew = 60_000;

/** Whether anybody holds the version. Leases that ended long ago are swept on the way. */
export const isLeased = async (storage: Storage, model: string, version: number): Promise<boolean> => {
  let held = false;
  for await (const { key } of storage.list(prefixOf(model, version))) {
    const bytes = await readWhole(storage, key);
    if (bytes === undefined) continue;
    const data = parseLease(bytes);
    // What cannot be read may hold something.
    if (data === undefined || data.until + clockSkew > Date.now()) held = true;
    else await storage.remove(key);
  }
  return held;
};

export interface LeaseOptions {
  model: string;
  version: number;
  holder: string;
  /** @default `leaseTerm` */
  term?: number;
}

export const openLease = async (
  storage: Storage,
  { model, version, holder, term = leaseTerm }: LeaseOptions,
): Promise<Lease> => {
  const key = `${prefixOf(model, version)}${randomUUID()}.json`;
  const lost = new AbortController();
  let until = 0;
  const renew = async (): Promise<void> => {
    const next = Date.now() + term;
    await storage.write(key, Buffer.from(JSON.stringify({ holder, until: next })));
    until = next;
  };
  await renew();
  const timer = setInterval(() => {
    renew().catch((error: unknown) => {
      if (Date.now() > until) lost.abort(error);
    });
  }, term / renewals);
  timer.unref();
  const release = async (): Promise<void> => {
    clearInterval(timer);
    await storage.remove(key);
  };
  return { lost: lost.signal, release, [Symbol.asyncDispose]: release };
};
