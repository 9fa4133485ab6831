import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { TaxonError } from '@taxon/errors';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openSafetensors, writeSafetensors, type StoredTensor } from './index.ts';
import { temporaryFolder } from './testing.ts';

let root: string;
beforeAll(async () => void (root = await temporaryFolder()));
afterAll(() => rm(root, { recursive: true }));

const float = fc.float({ noNaN: true });
const tensor = fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 3 }).chain((shape): fc.Arbitrary<StoredTensor> => {
  const size = shape.reduce((a, b) => a * b, 1);
  return fc
    .array(float, { minLength: size, maxLength: size })
    .map((values) => ({ shape, data: Float32Array.from(values) }));
});
const tensors = fc
  .dictionary(fc.string({ minLength: 1, maxLength: 12 }), tensor, { maxKeys: 5 })
  .map((byName) => new Map(Object.entries(byName).filter(([name]) => name !== '__metadata__')));

const readAll = async (path: string): Promise<Map<string, StoredTensor>> => {
  const file = await openSafetensors(path);
  try {
    const all = new Map<string, StoredTensor>();
    for (const name of file.names) all.set(name, await file.read(name));
    return all;
  } finally {
    await file.close();
  }
};

describe('safetensors', () => {
  it('reads what it has written', () =>
    fc.assert(
      fc.asyncProperty(tensors, async (written) => {
        const path = join(root, 'round-trip.safetensors');
        await writeSafetensors(path, written);
        expect(await readAll(path)).toEqual(written);
      }),
      { numRuns: 50 },
    ));

  it('keeps a tensor whatever its name', async () => {
    const path = join(root, 'name.safetensors');
    const written = new Map([['__proto__', { shape: [1], data: Float32Array.of(2) }]]);
    await writeSafetensors(path, written);
    expect(await readAll(path)).toEqual(written);
  });

  it('meets damage with an error that names the file, and with nothing else', () =>
    fc.assert(
      fc.asyncProperty(
        tensors,
        fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { minLength: 1, maxLength: 8 }),
        fc.nat(),
        async (written, changes, cut) => {
          const path = join(root, 'damaged.safetensors');
          await writeSafetensors(path, written);
          const bytes = await readFile(path);
          for (const [at, value] of changes) bytes[at % bytes.length] = value;
          await writeFile(path, bytes.subarray(0, bytes.length - (cut % 16)));
          try {
            await readAll(path);
          } catch (error) {
            expect(error).toBeInstanceOf(TaxonError);
            expect(error).toMatchObject({ code: 'invalid_input', message: expect.stringContaining(path) });
          }
        },
      ),
      { numRuns: 200 },
    ));

  it('widens halves', async () => {
    const path = join(root, 'halves.safetensors');
    const header = JSON.stringify({
      half: { dtype: 'F16', shape: [4], data_offsets: [0, 8] },
      brain: { dtype: 'BF16', shape: [2], data_offsets: [8, 12] },
    });
    const size = Buffer.alloc(8);
    size.writeBigUInt64LE(BigInt(header.length));
    const numbers = Uint16Array.of(0x3c00, 0xc000, 0x0001, 0x7bff, 0x3f80, 0xc040);
    await writeFile(path, Buffer.concat([size, Buffer.from(header), Buffer.from(numbers.buffer)]));
    const all = await readAll(path);
    expect([...all.get('half')!.data]).toEqual([1, -2, 2 ** -24, 65504]);
    expect([...all.get('brain')!.data]).toEqual([1, -3]);
  });
});
