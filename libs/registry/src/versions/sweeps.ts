import { z } from 'zod';
import { readWhole } from '../storage/read-whole.ts';
import type { Storage } from '../storage/storage.ts';

// While unheld bytes are removed, somebody may register a version that shares them. So a sweep says when it begins, before it looks at
// what is held, and until when it may remove; who registers looks before and after, and stores again what a sweep may have taken.
// Beginnings are numbered and written where absent: one sweep is under way at a time.

const prefix = 'sweeps/';
const beginKey = (number: number): string => `${prefix}${String(number).padStart(10, '0')}-begin.json`;
const endKey = (number: number): string => `${prefix}${String(number).padStart(10, '0')}-end.json`;
const beginSchema = z.object({ until: z.number() });

/** A sweep that was not renewed removes nothing after so long, in ms; so long a killed one holds registrations up. */
export const sweepTerm = 60_000;
/** Clocks of two machines may differ by so much, in ms: who registers must not take a sweep for over before it is. */
const clockSkew = 15_000;
/** Renewed when less than this is left, in ms. */
const renewedAt = 45_000;
/** Of those that ended. */
const kept = 3;

export interface Sweep {
  /** 0: there was none yet. */
  readonly number: number;
  /** Milliseconds since 1970 until which it may remove; 0 once it has ended. */
  readonly until: number;
}

export const newestSweep = async (storage: Storage): Promise<Sweep> => {
  const keys: string[] = [];
  for await (const { key } of storage.list(prefix)) keys.push(key);
  const last = keys.at(-1);
  if (last === undefined) return { number: 0, until: 0 };
  const number = Number.parseInt(last.slice(prefix.length), 10);
  if (keys.includes(endKey(number))) return { number, until: 0 };
  const bytes = await readWhole(storage, beginKey(number));
  return { number, until: bytes === undefined ? 0 : beginSchema.parse(JSON.parse(bytes.toString('utf8'))).until };
};

export const isSweeping = ({ until }: Sweep): boolean => until > Date.now();

/** @returns undefined where another is under way */
export const beginSweep = async (storage: Storage): Promise<Sweep | undefined> => {
  const before = await newestSweep(storage);
  if (isSweeping(before)) return undefined;
  const sweep = { number: before.number + 1, until: Date.now() + sweepTerm };
  const begun = await storage.write(beginKey(sweep.number), Buffer.from(JSON.stringify({ until: sweep.until })), {
    ifAbsent: true,
  });
  return begun ? sweep : undefined;
};

/**
 * Before each step of a sweep; renews it in time.
 * @returns undefined where it ran out, so that nothing more may be removed
 */
export const continueSweep = async (storage: Storage, sweep: Sweep): Promise<Sweep | undefined> => {
  const left = sweep.until - Date.now();
  if (left < clockSkew) return undefined;
  if (left > renewedAt) return sweep;
  const until = Date.now() + sweepTerm;
  await storage.write(beginKey(sweep.number), Buffer.from(JSON.stringify({ until })));
  return { ...sweep, until };
};

export const endSweep = async (storage: Storage, number: number): Promise<void> => {
  await storage.write(endKey(number), Buffer.from('{}'));
  if (number <= kept) return;
  await storage.remove(beginKey(number - kept));
  await storage.remove(endKey(number - kept));
};
