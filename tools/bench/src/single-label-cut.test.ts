import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { singleLabelCut } from './single-label-cut.ts';

const lines = (rows: unknown[]): string => rows.map((row) => `${JSON.stringify(row)}\n`).join('');

describe('the single-label cut of a data set', () => {
  let root: string;
  beforeAll(async () => void (root = await mkdtemp(join(tmpdir(), 'bench-'))));
  afterAll(() => rm(root, { recursive: true }));

  it('keeps the texts that have exactly one label, in order', async () => {
    const rows = [
      { text: 'a', label: ['joy'] },
      { text: 'b', label: ['joy', 'anger'] },
      { text: 'c', label: [] },
      { text: 'd', label: ['anger'] },
    ];
    for (const part of ['train', 'validation', 'test']) await writeFile(join(root, `${part}.jsonl`), lines(rows));
    const cut = await singleLabelCut(root, 'label', join(root, 'cut'));
    expect(cut).toEqual({ folder: join(root, 'cut'), leftOut: 6 });
    for (const part of ['train', 'validation', 'test'])
      expect(await readFile(join(cut.folder, `${part}.jsonl`), 'utf8')).toBe(
        lines([
          { text: 'a', label: 'joy' },
          { text: 'd', label: 'anger' },
        ]),
      );
  });

  it('leaves data of one label a text where it is', async () => {
    await writeFile(join(root, 'train.jsonl'), lines([{ text: 'a', label: 'joy' }]));
    expect(await singleLabelCut(root, 'label', join(root, 'cut'))).toEqual({ folder: root, leftOut: 0 });
  });
});
