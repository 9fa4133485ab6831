import { createHash, type Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { asDiskError } from '@taxon/cache';
import { TaxonError } from '@taxon/errors';

export interface DownloadOptions {
  /** Where the whole file shall be; until then it grows beside it as `.part`. */
  target: string;
  headers?: Record<string, string>;
  /** Bytes that the source announced. */
  size?: number;
  /** What the content must hash to; `git` is the SHA-1 that git gives a blob. */
  digest?: { algorithm: 'sha256' | 'git'; value: string };
  signal?: AbortSignal;
  /** Bytes here so far, and in all where the source says it. */
  onBytes?: (done: number, total: number | undefined) => void;
  /** Milliseconds without an answer, and without a byte, before giving up. */
  timeouts?: { connect: number; stall: number };
}

const defaultTimeouts = { connect: 5_000, stall: 30_000 };

/**
 * Downloads one file, going on where an earlier attempt stopped. The file appears only when it is whole, synced and has the announced size and digest;
 * what was wrong is deleted, what was merely cut short stays as `.part`.
 * @returns its size in bytes
 * @throws Error saying what went wrong; TaxonError `cancelled` and `resource_exhausted` (disk full)
 */
export const downloadFile = async (url: string, options: DownloadOptions): Promise<number> => {
  const { target, signal, size } = options;
  const part = `${target}.part`;
  await mkdir(dirname(target), { recursive: true });
  try {
    const kept = await sizeOf(part);
    const done = await fetchInto(url, part, kept, options);
    if (size !== undefined && done !== size) {
      if (done > size) await rm(part, { force: true });
      throw new Error(`got ${done} bytes of ${size}`);
    }
    await verify(part, done, options);
    await rename(part, target);
    return done;
  } catch (error) {
    if (signal?.aborted) throw new TaxonError({ code: 'cancelled', message: `the download of ${url} was cancelled`, cause: error }); // prettier-ignore
    throw asDiskError(error, target) ?? error;
  }
};

/** Appends what is missing to the part file. @returns the part file's size */
const fetchInto = async (url: string, part: string, kept: number, options: DownloadOptions): Promise<number> => {
  const { signal, onBytes, headers } = options;
  if (kept > 0 && kept === options.size) return kept;
  const { connect, stall } = options.timeouts ?? defaultTimeouts;
  const watch = new AbortController();
  const give = (milliseconds: number, what: string) =>
    setTimeout(() => watch.abort(new Error(`${what} for ${milliseconds / 1000} s`)), milliseconds);
  let timer = give(connect, 'no answer');
  try {
    const range: Record<string, string> = kept > 0 ? { range: `bytes=${kept}-` } : {};
    const signals = AbortSignal.any(signal ? [signal, watch.signal] : [watch.signal]);
    const response = await fetch(url, {
      headers: { 'accept-encoding': 'identity', ...headers, ...range },
      signal: signals,
    });
    clearTimeout(timer);
    if (response.status === 416) {
      await rm(part);
      throw new Error('the part that was kept does not belong to this file; it was deleted');
    }
    if (!response.ok || !response.body)
      throw new Error(`the server answered ${response.status} ${response.statusText}`);
    const resumed = response.status === 206 && response.headers.get('content-range')?.startsWith(`bytes ${kept}-`);
    let done = resumed ? kept : 0;
    const announced = Number(response.headers.get('content-length'));
    const total =
      options.size ?? (announced > 0 && !response.headers.get('content-encoding') ? done + announced : undefined);
    const file = await open(part, resumed ? 'a' : 'w');
    try {
      timer = give(stall, 'no byte');
      for await (const chunk of response.body as AsyncIterable<Uint8Array>) {
        await file.appendFile(chunk);
        done += chunk.byteLength;
        onBytes?.(done, total);
        timer.refresh();
      }
      if (total !== undefined && done < total) throw new Error(`the connection ended after ${done} of ${total} bytes`);
      await file.sync();
    } finally {
      clearTimeout(timer);
      await file.close();
    }
    return done;
  } catch (error) {
    if (error instanceof Refused) throw error;
    throw watch.signal.aborted ? (watch.signal.reason as Error) : new Error(reasonOf(error), { cause: error });
  } finally {
    clearTimeout(timer);
  }
};

const verify = async (part: string, size: number, { digest }: DownloadOptions): Promise<void> => {
  if (!digest) return;
  const hash = await hashFile(part, digest.algorithm === 'git' ? gitHash(size) : createHash('sha256'));
  if (hash === digest.value) return;
  await rm(part);
  const name = digest.algorithm === 'git' ? 'git SHA-1' : 'SHA-256';
  throw new WrongDigest(`its ${name} is ${hash}, not ${digest.value}; it was deleted`);
};

/** The server does not give the file: asking again will not help. */
export class Refused extends Error {}

/** The content is not what was announced: trying again from the start may help, going on cannot. */
export class WrongDigest extends Error {}

const gitHash = (size: number): Hash => createHash('sha1').update(`blob ${size}\0`);

const hashFile = async (path: string, hash: Hash): Promise<string> => {
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  return hash.digest('hex');
};

const sizeOf = async (path: string): Promise<number> => (await stat(path).catch(() => undefined))?.size ?? 0;

/** fetch hides the reason ("fetch failed") in the cause. */
export const reasonOf = (error: unknown): string => {
  const { message, cause } = error as Error;
  const inner = cause instanceof AggregateError ? (cause.errors[0] as unknown) : cause;
  return inner instanceof Error && inner.message !== '' ? inner.message : message;
};
