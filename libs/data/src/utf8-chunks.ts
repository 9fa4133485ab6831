import { isUtf8 } from 'node:buffer';
import { createReadStream } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { TaxonError, invalidInput, nearestName } from '@taxon/errors';

const chunkBytes = 1 << 16;
const lineFeed = 0x0a;

/** Bytes of the sequence that this lead byte starts; 1 for everything that is not a lead byte. */
const sequenceLength = (byte: number): number => (byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1);

/** Length of the longest prefix that does not end within a multi-byte sequence. */
const wholeLength = (bytes: Buffer): number => {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes[bytes.length - back]!;
    if (byte >= 0xc0) return sequenceLength(byte) > back ? bytes.length - back : bytes.length;
    if (byte < 0x80) break;
  }
  return bytes.length;
};

const countLines = (bytes: Buffer): number => {
  let lines = 0;
  for (let at = bytes.indexOf(lineFeed); at !== -1; at = bytes.indexOf(lineFeed, at + 1)) lines++;
  return lines;
};

/** Offset of the first sequence that is not UTF-8, in bytes that are known to hold one. */
const firstInvalid = (bytes: Buffer): number => {
  let at = 0;
  while (at < bytes.length) {
    const next = at + sequenceLength(bytes[at]!);
    if (next > bytes.length || !isUtf8(bytes.subarray(at, next))) return at;
    at = next;
  }
  return at;
};

/** Other encodings and file types, told by their first bytes. */
const wrongKind = (head: Buffer): string | undefined => {
  const starts = (...bytes: number[]) => bytes.every((byte, i) => head[i] === byte);
  if (starts(0xff, 0xfe) || starts(0xfe, 0xff)) return 'is UTF-16 (its first two bytes are a UTF-16 byte order mark)';
  if (head.length >= 4 && (starts(head[0]!, 0, head[2]!, 0) || (starts(0) && head[2] === 0 && head[1] !== 0)))
    return 'looks like UTF-16 without a byte order mark (every other byte is 0)';
  if (starts(0x50, 0x4b, 3, 4)) return 'is a ZIP archive or an Excel workbook';
  if (starts(0x1f, 0x8b)) return 'is compressed with gzip';
  if (starts(0x50, 0x41, 0x52, 0x31)) return 'is a Parquet file';
  return undefined;
};

const explainFileError = async (path: string, error: NodeJS.ErrnoException): Promise<unknown> => {
  if (error.code === 'EISDIR') return invalidInput(`${path} is a folder, not a file`);
  if (error.code === 'EACCES')
    return new TaxonError({ code: 'permission_denied', message: `${path} may not be read by this user`, cause: error });
  if (error.code !== 'ENOENT') return error;
  const siblings = await readdir(dirname(path)).catch(() => []);
  const near = nearestName(basename(path), siblings);
  const hint = near === undefined ? undefined : `There is a ${near} in the same folder.`;
  return new TaxonError({ code: 'not_found', message: `${path} does not exist`, hint, cause: error });
};

/**
 * A file's bytes in chunks of 64 KiB, without a byte order mark. Every chunk is valid UTF-8 by itself.
 * @throws TaxonError `invalid_input` naming byte offset and line of the first sequence that is not UTF-8; `not_found`
 */
export async function* utf8Chunks(path: string, signal?: AbortSignal): AsyncGenerator<Buffer> {
  let carry: Buffer = Buffer.alloc(0);
  let offset = 0;
  let lines = 1;
  const check = (bytes: Buffer): void => {
    const kind = offset === 0 ? wrongKind(bytes) : undefined;
    if (kind !== undefined) throw invalidInput(`${path} ${kind}`, 'Save it as UTF-8 text: CSV, TSV, JSONL or JSON.');
    if (!isUtf8(bytes)) {
      const at = firstInvalid(bytes);
      const line = lines + countLines(bytes.subarray(0, at));
      const value = `0x${bytes[at]!.toString(16).padStart(2, '0')}`;
      const message = `${path}:${line}: not UTF-8: the byte ${value} at offset ${offset + at} starts no valid sequence`;
      throw invalidInput(message, 'Save the file as UTF-8 (it may be Latin-1 or Windows-1252 now).', [
        { field: `${path}:${line}`, description: `invalid UTF-8 at byte offset ${offset + at}` },
      ]);
    }
    offset += bytes.length;
    lines += countLines(bytes);
  };
  const stream = createReadStream(path, { highWaterMark: chunkBytes, signal });
  try {
    for await (const read of stream as AsyncIterable<Buffer>) {
      const bytes = carry.length > 0 ? Buffer.concat([carry, read]) : read;
      const whole = bytes.subarray(0, wholeLength(bytes));
      carry = bytes.subarray(whole.length);
      const first = offset === 0;
      check(whole);
      const hasMark = first && whole[0] === 0xef && whole[1] === 0xbb && whole[2] === 0xbf;
      if (whole.length > 0) yield hasMark ? whole.subarray(3) : whole;
    }
  } catch (error) {
    if (signal?.aborted)
      throw new TaxonError({ code: 'cancelled', message: `reading ${path} was cancelled`, cause: error });
    throw error instanceof Error ? await explainFileError(path, error) : error;
  }
  if (carry.length > 0) check(carry);
}
