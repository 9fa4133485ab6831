import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { crc32c } from './crc32c.ts';
import { createEventFile, frameRecord } from './event-file.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'taxon-events-'));
});
afterEach(() => rm(folder, { recursive: true }));

describe('CRC-32C', () => {
  it('is that of RFC 3720', () => {
    expect(crc32c(new TextEncoder().encode('123456789'))).toBe(0xe3069283);
    expect(crc32c(new Uint8Array(32))).toBe(0x8a9136aa);
    expect(crc32c(new Uint8Array(32).fill(0xff))).toBe(0x62a8ab43);
  });
});

describe('a record', () => {
  it('is length, checksum, bytes, checksum', () => {
    const record = frameRecord(Uint8Array.of(1, 2, 3));
    expect(record.length).toBe(8 + 4 + 3 + 4);
    expect([...record.subarray(0, 8)]).toEqual([3, 0, 0, 0, 0, 0, 0, 0]);
    expect([...record.subarray(12, 15)]).toEqual([1, 2, 3]);
  });
});

describe('an event file', () => {
  it('leaves out what is no number, and what was not written is not there', async () => {
    const file = createEventFile(folder);
    const empty = (await readFile(file.path)).length;
    file.scalars(1, { 'train/loss': NaN });
    expect((await readFile(file.path)).length).toBe(empty);
    file.scalars(1, { 'train/loss': 0 });
    expect((await readFile(file.path)).length).toBeGreaterThan(empty);
    expect(await readdir(folder)).toHaveLength(1);
  });
});

const tensorboardIsThere = spawnSync('python3', ['-c', 'import tensorboard']).status === 0;

/** Scalars by tag, as TensorBoard itself reads a folder. */
const readWithPython = (path: string): Record<string, [step: number, value: number][]> => {
  const script = `
import json, sys
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
events = EventAccumulator(sys.argv[1], purge_orphaned_data=True)
events.Reload()
print(json.dumps({tag: [[e.step, e.value] for e in events.Scalars(tag)] for tag in events.Tags()["scalars"]}))
`;
  return JSON.parse(execFileSync('python3', ['-c', script, path], { encoding: 'utf8' })) as never;
};

describe.skipIf(!tensorboardIsThere)('read by TensorBoard (needs the Python package tensorboard)', () => {
  it('holds every scalar of every step', () => {
    const file = createEventFile(folder);
    for (let step = 1; step <= 300; step++) file.scalars(step, { 'train/loss': 1 / step, 'train/learningRate': 0 });
    file.scalars(300, { 'validation, 情感/macroF1': 0.5 });
    const read = readWithPython(folder);
    expect(Object.keys(read).sort()).toEqual(['train/learningRate', 'train/loss', 'validation, 情感/macroF1']);
    expect(read['train/loss']!.map(([step]) => step)).toEqual(Array.from({ length: 300 }, (_, i) => i + 1));
    expect(read['train/loss']![99]![1]).toBeCloseTo(0.01, 6);
    expect(read['validation, 情感/macroF1']).toEqual([[300, 0.5]]);
    expect(read['train/learningRate']![7]).toEqual([8, 0]);
  });

  it('forgets what a resumed run does again', () => {
    const first = createEventFile(folder);
    for (let step = 1; step <= 9; step++) first.scalars(step, { 'train/loss': 9 });
    const again = createEventFile(join(folder), 4);
    for (let step = 5; step <= 6; step++) again.scalars(step, { 'train/loss': 5 });
    const steps = readWithPython(folder)['train/loss']!;
    expect(steps).toEqual([...[1, 2, 3, 4].map((step) => [step, 9]), ...[5, 6].map((step) => [step, 5])]);
  });
});
