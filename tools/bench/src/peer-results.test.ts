import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readPeerRecord, writePeerRecord } from './peer-results.ts';

const machine = { cpu: 'a cpu', cores: 2, node: '20.0.0', date: '2026-01-01T00:00:00Z' };
const figures = { precision: 'bf16' as const, accuracy: 0.95, macroF1: 0.95, seconds: 400, wallSeconds: 420 };
const epochs = [{ epoch: 1, seconds: 400, accuracy: 0.95 }];
const record = {
  dataset: 'clinc150',
  machine,
  runs: [{ peer: 'recipe' as const, ...figures, tokensPerSecond: 2000, peakMemoryBytes: 1, epochs }],
};

describe('recorded peer runs', () => {
  let folder: string;
  beforeAll(async () => void (folder = await mkdtemp(join(tmpdir(), 'bench-'))));
  afterAll(() => rm(folder, { recursive: true }));

  it('come back as they were written', async () => {
    const path = join(folder, 'results', 'train.json');
    await writePeerRecord(path, record);
    expect(await readPeerRecord(path, 'clinc150', machine)).toEqual(record);
  });

  it('that name no peer are of the only one that there was', async () => {
    const path = join(folder, 'old.json');
    await writeFile(
      path,
      JSON.stringify(record, (key, value: unknown) => (key === 'peer' ? undefined : value)),
    );
    expect((await readPeerRecord(path, 'clinc150', machine)).runs).toMatchObject([{ peer: 'trainer', accuracy: 0.95 }]);
  });

  it('are refused where they do not belong', async () => {
    const path = join(folder, 'here.json');
    await writePeerRecord(path, record);
    await expect(readPeerRecord(path, 'goemotions', machine)).rejects.toThrow('recorded for clinc150, this run is for');
    await expect(readPeerRecord(path, 'clinc150', { ...machine, cores: 64 })).rejects.toThrow(
      'recorded on a cpu, 2 cores, this is a cpu, 64 cores',
    );
  });

  it('name the file and what is wrong with it', async () => {
    const path = join(folder, 'broken.json');
    await expect(readPeerRecord(path, 'clinc150', machine)).rejects.toThrow(/broken\.json: cannot be read/u);
    await writeFile(path, '{');
    await expect(readPeerRecord(path, 'clinc150', machine)).rejects.toThrow(/broken\.json: not JSON/u);
    await writeFile(path, JSON.stringify({ ...record, runs: [{ ...record.runs[0], seconds: -1 }] }));
    await expect(readPeerRecord(path, 'clinc150', machine)).rejects.toThrow(/runs\.0\.seconds/u);
  });
});
