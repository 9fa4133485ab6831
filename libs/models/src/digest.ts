import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { invalidInput } from '@taxon/errors';

/** Hashing a piece blocks the event loop for about a millisecond. */
const pieceBytes = 512 * 1024;

/**
 * SHA-256 of a file, as 64 hexadecimal digits.
 * @throws TaxonError `invalid_input` naming the file where it cannot be read
 */
export const digestOf = async (path: string, signal?: AbortSignal): Promise<string> => {
  const hash = createHash('sha256');
  const stream = createReadStream(path, { highWaterMark: pieceBytes, signal });
  try {
    for await (const piece of stream) hash.update(piece as Buffer);
  } catch (cause) {
    signal?.throwIfAborted();
    throw invalidInput(`${path}: cannot be read: ${(cause as Error).message}`);
  }
  return hash.digest('hex');
};
