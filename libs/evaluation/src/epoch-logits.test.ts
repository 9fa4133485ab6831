import { execFileSync } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { writeEpochLogits, type EpochLogits } from './index.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'epoch-logits-'));
});
afterEach(() => rm(folder, { recursive: true }));

const python = process.env['TAXON_PYTHON'] ?? 'python3';
const hasPython = ((): boolean => {
  try {
    execFileSync(python, ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
})();

const read = async (file: string): Promise<EpochLogits> => JSON.parse(await readFile(file, 'utf8')) as EpochLogits;
const single = {
  split: 'validation',
  labels: ['a "b"', '退款'],
  logits: Float32Array.of(1 / 3, -123456.789, 1e-7, 1e4, NaN, -0.5),
  expected: Int32Array.of(1, -1, 0),
};

describe('writeEpochLogits', () => {
  it('writes JSON with five digits', async () => {
    const file = await writeEpochLogits(folder, 3, single);
    expect(file).toBe(join(folder, 'epoch-003-validation.json'));
    expect(await read(file)).toEqual({
      epoch: 3,
      split: 'validation',
      kind: 'single-label',
      labels: ['a "b"', '退款'],
      expected: [1, null, 0],
      logits: [
        [0.33333, -123460],
        [1e-7, 10000],
        [null, -0.5],
      ],
    });
    expect(await readdir(folder)).toEqual(['epoch-003-validation.json']);
  });

  it('lists the labels of a text, and writes no texts', async () => {
    const multi = { ...single, expected: Uint8Array.of(1, 1, 0, 0, 0, 1) };
    expect(await read(await writeEpochLogits(folder, 0, multi))).toMatchObject({
      kind: 'multi-label',
      expected: [[0, 1], [], [1]],
    });
    const none = { ...single, logits: new Float32Array(), expected: new Int32Array() };
    expect(await read(await writeEpochLogits(folder, 1, none))).toMatchObject({ expected: [], logits: [] });
  });

  it.skipIf(!hasPython)('is read by Python (needs python3)', async () => {
    const file = await writeEpochLogits(folder, 3, single);
    const script = 'import json, sys; print(sum(len(row) for row in json.load(open(sys.argv[1]))["logits"]))';
    expect(execFileSync(python, ['-c', script, file]).toString().trim()).toBe('6');
  });

  it('leaves nothing behind when it is stopped or cannot write', async () => {
    await expect(writeEpochLogits(folder, 1, single, AbortSignal.abort())).rejects.toMatchObject({ code: 'cancelled' });
    await expect(writeEpochLogits(folder, 1, { ...single, logits: new Float32Array(5) })).rejects.toThrow(RangeError);
    expect(await readdir(folder)).toEqual([]);
    await writeFile(join(folder, 'file'), '');
    await expect(writeEpochLogits(join(folder, 'file'), 1, single)).rejects.toThrow();
  });
});
