import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { cutData, labelsOf } from './data-cut.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'taxon-cut-'));
  const rows = ['a', 'b', 'c'].flatMap((label) =>
    Array.from({ length: 100 }, (_, i) => ({ text: `${label} ${i}`, label })),
  );
  for (const part of ['train', 'validation', 'test'])
    await writeFile(join(folder, `${part}.jsonl`), rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
});
afterAll(() => rm(folder, { recursive: true }));

const countsOf = async (path: string): Promise<number[]> => {
  const rows = (await readFile(path, 'utf8'))
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { label: string });
  const counts = new Map<string, number>();
  for (const { label } of rows) counts.set(label, (counts.get(label) ?? 0) + 1);
  return [...counts.values()].sort((a, b) => b - a);
};

it('makes class sizes fall from 100 to 5, in the training part alone, the same every time', async () => {
  const [one, two] = await Promise.all(
    ['one', 'two'].map((name) =>
      cutData(folder, 'imbalanced', { label: 'label', seed: name.length }, join(folder, name)),
    ),
  );
  const counts = await countsOf(join(one!, 'train.jsonl'));
  expect([counts[0], counts.at(-1)]).toEqual([100, 5]);
  expect(await countsOf(join(one!, 'test.jsonl'))).toEqual([100, 100, 100]);
  expect(await readFile(join(one!, 'train.jsonl'), 'utf8')).toBe(await readFile(join(two!, 'train.jsonl'), 'utf8'));
});

it('knows the labels that are left where nothing is labelled', async () => {
  expect(await labelsOf(folder, 'label')).toEqual(['a', 'b', 'c']);
});

it('crosses labels with styles', async () => {
  const made = await cutData(folder, 'styles', { label: 'label', seed: 0 }, join(folder, 'styled'));
  expect(await countsOf(join(made, 'train.jsonl'))).toHaveLength(12);
});

it('draws so many texts of every class, others for another seed', async () => {
  const [one, two] = await Promise.all(
    [0, 1].map((seed) => cutData(folder, '5-shot', { label: 'label', seed }, join(folder, `few-${seed}`))),
  );
  expect(await countsOf(join(one!, 'train.jsonl'))).toEqual([5, 5, 5]);
  expect(await readFile(join(one!, 'train.jsonl'), 'utf8')).not.toBe(await readFile(join(two!, 'train.jsonl'), 'utf8'));
});
