import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseRecipe } from './parse-recipe.ts';
import { prepareData } from './prepare-data.ts';

// What `taxon augment` writes, trained on: nothing that is held out is told by a text that was made.
let folder: string;
beforeAll(async () => (folder = await mkdtemp(join(tmpdir(), 'taxon-augmented-'))));
afterAll(() => rm(folder, { recursive: true }));

const nouns = 'card parcel phone invoice flight garden window pencil bridge mountain'.split(' ');
const written = Array.from({ length: 40 }, (_, i) => ({
  id: `data.csv:${i + 2}`,
  text: `${nouns[i % 10]!} ${nouns[(i * 3 + 1) % 10]!} ${i * 7919} ${nouns[(i >> 2) % 10]!}`,
  label: i % 2 === 0 ? 'a' : 'b',
}));
const made = written.map(({ id, text, label }, i) => ({
  text: `${text.split(' ').reverse().join(' ')} ${i * 104_729}`,
  label,
  augmentation: 'swap',
  parent: id,
}));
const write = async (name: string, rows: readonly object[]): Promise<string> => {
  const path = join(folder, name);
  await writeFile(path, rows.map((row) => JSON.stringify(row)).join('\n'));
  return path;
};

describe('augmented texts', () => {
  it('of one file are learnt from where their parents are, and never held out', async () => {
    const train = await write('more.jsonl', [...written, ...made]);
    const data = await prepareData(parseRecipe({ output: 'unused', data: { train } }));
    const heldOut = [...data.validation, ...data.test];
    expect(heldOut.every(({ origin }) => origin === undefined)).toBe(true);
    const ids = new Set(heldOut.map(({ id }) => id));
    const learnt = data.train.filter(({ origin }) => origin !== undefined);
    expect(learnt).toHaveLength(40 - heldOut.length);
    expect(learnt.some(({ origin }) => ids.has(origin!.parent))).toBe(false);
    expect(data.notes.map(({ message }) => message).join()).toContain(`${heldOut.length} made of held-out texts`);
  });

  it('of a held-out file’s rows, or like them, are left out; those that stand in it are not scored', async () => {
    const train = await write('train.jsonl', [...written.slice(0, 30), ...made]);
    const validation = await write('validation.jsonl', [...written.slice(30, 35), made[30]!]);
    const test = await write('test.jsonl', written.slice(35));
    const data = await prepareData(parseRecipe({ output: 'unused', data: { train, validation, test } }));
    expect(data.train).toHaveLength(60);
    expect(data.validation).toHaveLength(5);
    expect(data.notes.map(({ message }) => message).join()).toContain('none is scored on');
  });
});
