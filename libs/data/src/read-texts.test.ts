import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readTexts } from './index.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'taxon-texts-'));
});
afterAll(() => rm(folder, { recursive: true }));

const read = async (name: string, content: string) => {
  await writeFile(join(folder, name), content);
  return readTexts(join(folder, name));
};

describe('readTexts', () => {
  it.each([
    ['plain.txt', 'a b\r\n\nc', [1, 3]],
    ['one.csv', 'text\na b\nc\n', [2, 3]],
    ['labelled.csv', 'label,text\nx,a b\ny,c\n', [2, 3]],
    ['bare.jsonl', '"a b"\n{"text":"c"}\n', [1, 2]],
    ['bare.json', '["a b",\n"c"]', [1, 2]],
  ])('reads %s', async (name, content, lines) => {
    const { texts } = await read(name, content);
    expect(texts).toEqual([
      { text: 'a b', line: lines[0] },
      { text: 'c', line: lines[1] },
    ]);
  });

  it('keeps empty texts beside their rows and reports them', async () => {
    const { texts, notes } = await read('empty.jsonl', '{"text":"a"}\n{"text":" "}\n{"text":""}\n');
    expect(texts.map(({ text }) => text)).toEqual(['a', ' ', '']);
    expect(notes).toEqual([{ level: 'warning', message: expect.stringContaining('2 texts of') }]);
    expect(notes[0]?.message).toContain('(line 2, 3)');
  });

  it('refuses rows without a text', async () => {
    await expect(read('bad.json', '["a", 5]')).rejects.toThrow('bad.json:1: a number, where an object with "text"');
    await expect(read('blank.txt', '\n \n')).rejects.toThrow('holds no rows');
  });
});
