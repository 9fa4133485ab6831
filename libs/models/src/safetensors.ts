import { createHash } from 'node:crypto';
import { open, type FileHandle } from 'node:fs/promises';
import { invalidInput } from '@taxon/errors';
import { z } from 'zod';
import { fromFloat16 } from './float16.ts';

// The safetensors format: 8 bytes little-endian header length, a JSON header, then the numbers
// (https://huggingface.co/docs/safetensors). Files come from outside: every offset is checked before it is believed.

export interface StoredTensor {
  shape: number[];
  /** Converted to fp32 whatever the file holds. */
  data: Float32Array;
}

/** What can be written: fp32, the bits of float16, or bytes. */
export interface WritableTensor {
  shape: number[];
  data: Float32Array | Uint16Array | Int8Array;
}

/** A matrix of bytes with a scale for each row: value = byte · scale. */
export interface StoredBytes {
  shape: number[];
  bytes: Int8Array;
  scales: Float32Array;
}

/** Where the scales of a matrix of bytes stand, as compressed-tensors names them. */
export const scaleName = (name: string): string => `${name}_scale`;

export interface SafetensorsFile {
  readonly names: readonly string[];
  has(name: string): boolean;
  shape(name: string): readonly number[];
  /** Whether a tensor is a matrix of bytes with its scales. */
  isBytes(name: string): boolean;
  /** Bytes are multiplied by their scales. */
  read(name: string): Promise<StoredTensor>;
  readBytes(name: string): Promise<StoredBytes>;
  close(): Promise<void>;
}

/** The format's own bound on the header. */
const largestHeader = 100_000_000;

const entrySchema = z.object({
  dtype: z.string(),
  shape: z.array(z.int().min(0)),
  data_offsets: z.tuple([z.int().min(0), z.int().min(0)]),
});
type Entry = z.output<typeof entrySchema>;

const bytesPer: Record<string, number> = { F32: 4, F16: 2, BF16: 2, F64: 8, I8: 1 };

const toFloat32 = (bytes: Uint8Array<ArrayBuffer>, dtype: string): Float32Array => {
  if (dtype === 'F32') return new Float32Array(bytes.buffer);
  if (dtype === 'F64') return Float32Array.from(new Float64Array(bytes.buffer));
  if (dtype === 'I8') return Float32Array.from(new Int8Array(bytes.buffer));
  const halves = new Uint16Array(bytes.buffer);
  if (dtype === 'F16') return fromFloat16(halves);
  return new Float32Array(Uint32Array.from(halves, (bits) => bits << 16).buffer); // BF16 is fp32's upper half
};

const readExactly = async (file: FileHandle, length: number, position: number): Promise<Uint8Array<ArrayBuffer>> => {
  const bytes = new Uint8Array(length);
  let done = 0;
  while (done < length) {
    const { bytesRead } = await file.read(bytes, done, length - done, position + done);
    if (bytesRead === 0) break;
    done += bytesRead;
  }
  return done === length ? bytes : bytes.slice(0, done);
};

const parseHeader = (bytes: Uint8Array, path: string): Map<string, Entry> => {
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    throw invalidInput(`${path}: the header is not JSON: ${cause instanceof Error ? cause.message : String(cause)}`);
  }
  if (typeof json !== 'object' || json === null) throw invalidInput(`${path}: the header is not a JSON object`);
  const entries = new Map<string, Entry>();
  for (const [name, value] of Object.entries(json)) {
    if (name === '__metadata__') continue;
    const entry = entrySchema.safeParse(value);
    if (!entry.success) throw invalidInput(`${path}: tensor '${name}': malformed header entry`);
    entries.set(name, entry.data);
  }
  return entries;
};

const checkEntry = (
  name: string,
  { dtype, shape, data_offsets: [begin, end] }: Entry,
  size: number,
  path: string,
): void => {
  const width = bytesPer[dtype];
  if (width === undefined) return; // e.g. int64 position ids: refused only when read
  const expected = shape.reduce((product, length) => product * length, width);
  if (end - begin !== expected || end > size)
    throw invalidInput(
      `${path}: tensor '${name}': bytes ${begin}–${end} of ${size}, but ${dtype} [${shape.join(', ')}] takes ${expected}; the file is cut or damaged`,
    );
};

/** @throws TaxonError `invalid_input` naming the file and what is wrong with it */
export const openSafetensors = async (path: string): Promise<SafetensorsFile> => {
  const file = await open(path, 'r').catch((cause: unknown) => {
    throw invalidInput(`${path}: cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`);
  });
  try {
    const { size } = await file.stat();
    const prefix = await readExactly(file, 8, 0);
    const headerLength = prefix.length === 8 ? Number(new DataView(prefix.buffer).getBigUint64(0, true)) : Infinity;
    if (headerLength > Math.min(size - 8, largestHeader))
      throw invalidInput(`${path}: not a safetensors file, or cut short (${size} bytes)`);
    const entries = parseHeader(await readExactly(file, headerLength, 8), path);
    const start = 8 + headerLength;
    for (const [name, entry] of entries) checkEntry(name, entry, size - start, path);
    const entryOf = (name: string): Entry => {
      const entry = entries.get(name);
      if (entry === undefined) throw invalidInput(`${path}: has no tensor '${name}'`);
      return entry;
    };
    const isBytes = (name: string): boolean => entries.get(name)?.dtype === 'I8' && entries.has(scaleName(name));
    const readPlain = async (name: string): Promise<StoredTensor> => {
      const { dtype, shape, data_offsets: [begin, end] } = entryOf(name); // prettier-ignore
      if (bytesPer[dtype] === undefined)
        throw invalidInput(`${path}: tensor '${name}' is ${dtype}; supported: ${Object.keys(bytesPer).join(', ')}`);
      return { shape, data: toFloat32(await readExactly(file, end - begin, start + begin), dtype) };
    };
    const readBytes = async (name: string): Promise<StoredBytes> => {
      if (!isBytes(name)) throw invalidInput(`${path}: tensor '${name}' is no matrix of bytes with scales`);
      const { shape, data_offsets: [begin, end] } = entryOf(name); // prettier-ignore
      const { data: scales } = await readPlain(scaleName(name));
      if (scales.length !== shape[0])
        throw invalidInput(`${path}: tensor '${name}' has ${shape[0] ?? 0} rows and ${scales.length} scales`);
      return { shape, bytes: new Int8Array((await readExactly(file, end - begin, start + begin)).buffer), scales };
    };
    return {
      names: [...entries.keys()],
      has: (name) => entries.has(name),
      shape: (name) => entryOf(name).shape,
      isBytes,
      readBytes,
      async read(name) {
        if (!isBytes(name)) return readPlain(name);
        const { shape, bytes, scales } = await readBytes(name);
        const columns = bytes.length / scales.length;
        const data = new Float32Array(bytes.length);
        for (let i = 0; i < data.length; i++) data[i] = bytes[i]! * scales[Math.floor(i / columns)]!;
        return { shape, data };
      },
      close: () => file.close(),
    };
  } catch (error) {
    await file.close();
    throw error;
  }
};

const dtypeOf = (data: WritableTensor['data']): string =>
  data instanceof Float32Array ? 'F32' : data instanceof Int8Array ? 'I8' : 'F16';

/**
 * Writes tensors and syncs. The caller renames into place.
 * @returns SHA-256 of the file, in hex
 * @param metadata strings kept in the header, e.g. `{ format: 'pt' }` as transformers wants it
 */
export const writeSafetensors = async (
  path: string,
  tensors: ReadonlyMap<string, WritableTensor>,
  metadata: Record<string, string> = { format: 'pt' },
): Promise<string> => {
  let offset = 0;
  const entries = Array.from(tensors, ([name, { shape, data }]): [string, Entry] => {
    const begin = offset;
    offset += data.byteLength;
    return [name, { dtype: dtypeOf(data), shape, data_offsets: [begin, offset] }];
  });
  // Not by assignment: a tensor named `__proto__` would vanish.
  const json = JSON.stringify(Object.fromEntries<unknown>([['__metadata__', metadata], ...entries]));
  const text = new TextEncoder().encode(json.padEnd(Math.ceil(Buffer.byteLength(json) / 8) * 8)); // numbers start aligned
  const prefix = new Uint8Array(8);
  new DataView(prefix.buffer).setBigUint64(0, BigInt(text.length), true);
  const hash = createHash('sha256');
  const file = await open(path, 'w');
  const write = async (bytes: Uint8Array): Promise<void> => {
    hash.update(bytes);
    await file.writeFile(bytes);
  };
  try {
    await write(prefix);
    await write(text);
    for (const { data } of tensors.values()) await write(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
    await file.sync();
  } finally {
    await file.close();
  }
  return hash.digest('hex');
};
