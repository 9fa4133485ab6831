import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Transform, type Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { TaxonError } from '@taxon/errors';
import type { Storage } from '../storage/storage.ts';

/** Bytes under the name of their SHA-256: written once, shared by all that hold them. */
export const blobKey = (digest: string): string => `blobs/${digest.slice(0, 2)}/${digest}`;
export const blobPrefix = 'blobs/';

/** Passes bytes on and hashes them. With `check` it fails at the end when that refuses the digest. */
const hashing = ({
  onBytes,
  check,
}: { onBytes?: (bytes: number) => void; check?: (digest: string) => Error | undefined } = {}) => {
  const hash = createHash('sha256');
  let digest = '';
  const through = new Transform({
    transform(chunk: Buffer, _, done) {
      hash.update(chunk);
      onBytes?.(chunk.length);
      done(undefined, chunk);
    },
    flush(done) {
      digest = hash.digest('hex');
      done(check?.(digest));
    },
  });
  return { through, digest: (): string => digest };
};

export const digestOfFile = async (path: string, signal?: AbortSignal): Promise<{ digest: string; bytes: number }> => {
  let bytes = 0;
  const { through, digest } = hashing({ onBytes: (more) => (bytes += more) });
  await pipeline(createReadStream(path), through.resume(), { signal });
  return { digest: digest(), bytes };
};

export const digestOfBytes = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/**
 * Stores a file under its digest, where nothing whole is there yet.
 * @throws TaxonError `failed_precondition` when the file changed since its digest was taken
 */
export const storeFile = async (
  storage: Storage,
  { path, digest, bytes }: { path: string; digest: string; bytes: number },
  { signal, key = blobKey(digest) }: { signal?: AbortSignal; key?: string } = {},
): Promise<void> => {
  if ((await storage.stat(key))?.bytes === bytes) return;
  // A blob under a wrong name would be believed by all who share it.
  const changed = (): Error =>
    new TaxonError({ code: 'failed_precondition', message: `${path} changed while it was stored` });
  const { through } = hashing({ check: (found) => (found === digest ? undefined : changed()) });
  const source = createReadStream(path);
  source.on('error', (error) => through.destroy(error));
  await storage.write(key, source.pipe(through), { bytes, signal });
};

/**
 * Writes a stored object to a file, which appears once it is whole and right.
 * @param what names it in errors
 * @throws TaxonError `failed_precondition` when it is missing or not what its digest says
 */
export const fetchFile = async (
  storage: Storage,
  { digest, key = blobKey(digest), what }: { digest: string; key?: string; what: string },
  { target, onBytes, signal }: { target: string; onBytes?: (bytes: number) => void; signal?: AbortSignal },
): Promise<void> => {
  const source: Readable | undefined = await storage.read(key, signal);
  if (source === undefined)
    throw new TaxonError({
      code: 'failed_precondition',
      message: `${storage.place}: ${what} is missing (${key})`,
      hint: 'Bring it back from a copy of the registry, or register the version again.',
    });
  const check = (found: string): Error | undefined =>
    found === digest
      ? undefined
      : new TaxonError({
          code: 'failed_precondition',
          message: `${storage.place}: ${what} is not what was registered: SHA-256 ${found}, not ${digest}`,
          hint: `Bring ${key} back from a copy of the registry, or delete it and register the same folder again.`,
        });
  const { through } = hashing({ onBytes, check });
  const unfinished = `${target}.part`;
  try {
    await mkdir(dirname(target), { recursive: true });
    await pipeline(source, through, createWriteStream(unfinished, { flush: true }), { signal });
    await rename(unfinished, target);
  } catch (error) {
    await rm(unfinished, { force: true });
    throw error;
  }
};
