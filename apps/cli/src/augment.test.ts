import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { methodNames } from '@taxon/augmentation';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseMethod } from './augment-options.ts';
import { methodDescriptions } from './commands/augment.ts';
import { bin, lastLine, runProgram, type Outcome } from './testing.ts';
import { parseYaml } from './yaml.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'taxon-augment-'));
  const texts = ['I lost my credit card yesterday', 'where is my money', 'my big car was stolen', 'we buy a new phone'];
  const rows = Array.from({ length: 4000 }, (_, i) => `${texts[i % 4]!} number ${i},${i % 4 === 3 ? 'buy' : 'lost'}`);
  await writeFile(join(folder, 'data.csv'), `text,label\n${rows.slice(0, 8).join('\n')}\n`);
  await writeFile(join(folder, 'long.csv'), `text,label\n${rows.join('\n')}\n`);
});
afterAll(() => rm(folder, { recursive: true }));

const taxon = (...args: string[]): Promise<Outcome> => runProgram(process.execPath, [bin, ...args], { cwd: folder });

describe('taxon augment', () => {
  it('writes rows and made texts, and a report', async () => {
    const { code, out } = await taxon('augment', 'data.csv', '--output', 'more.csv', '--report', 'report', '--json');
    expect(code).toBe(0);
    const told = JSON.parse(lastLine(out)) as { kept: number; report: string };
    const lines = (await readFile(join(folder, 'more.csv'), 'utf8')).trim().split('\n');
    expect(lines[0]).toBe('id,text,label,augmentation,parent');
    expect(lines).toHaveLength(1 + 8 + told.kept);
    expect(lines.at(-1)).toMatch(/^,.*,synonyms,data\.csv:\d$/);
    expect(await readFile(join(folder, told.report), 'utf8')).toContain('<h1>Augmented texts</h1>');
  });

  it('shows candidates in a dry run, and writes nothing', async () => {
    const before = await readdir(folder);
    const { code, out } = await taxon('augment', 'data.csv', '--dry-run', '--method', 'swap', '--method', 'synonyms:2', '--per-row', '3'); // prettier-ignore
    expect(code).toBe(0);
    expect(out.match(/^ {2}to {4}/gm)).toHaveLength(10);
    expect(await readdir(folder)).toEqual(before);
  });

  it('says what is wrong with options, and what would be right', async () => {
    const wrong = async (...args: string[]): Promise<string> => {
      const { code, err } = await taxon('augment', 'data.csv', ...args);
      expect(code).toBe(2);
      return err;
    };
    expect(await wrong('--output', 'x.csv', '--method', 'synonims')).toContain('Did you mean "synonyms"?');
    expect(await wrong('--output', 'x.csv', '--set', 'policy.targt=3')).toContain("did you mean 'target'?");
    expect(await wrong('--output', 'x.csv', '--language', 'fr')).toContain('there are: en, zh');
    expect(await wrong('--output', 'x.csv', '--label-column', 'lable')).toContain('Set --label-column to "label".');
    expect(await wrong()).toContain('--output is missing');
    expect((await readdir(folder)).filter((name) => name.startsWith('x.csv'))).toEqual([]);
  });

  it('leaves no output when it is interrupted', async () => {
    const args = ['augment', 'long.csv', '--output', 'cut.csv', '--per-row', '50', '--method', 'keyboard', '--set', 'policy.mostPerRow=50']; // prettier-ignore
    let interrupted = false;
    const { code } = await runProgram(process.execPath, [bin, ...args], {
      cwd: folder,
      onOutput: (child, { err }) => {
        if (interrupted || !err.includes('count')) return;
        interrupted = true;
        child.kill('SIGINT');
      },
    });
    expect(code).toBe(130);
    expect(await readdir(folder)).not.toContain('cut.csv');
  });
});

it('the help describes every method', () => {
  expect(Object.keys(methodDescriptions).sort()).toEqual([...methodNames].sort());
});

it('reads a method with its weight and options', () => {
  expect(parseMethod('synonyms:3,share=0.3,lexicon=a.txt', parseYaml)).toEqual({ name: 'synonyms', weight: 3, share: 0.3, lexicon: 'a.txt' }); // prettier-ignore
  expect(() => parseMethod('synonyms:x', parseYaml)).toThrow(/not of the form/);
  expect(() => parseMethod('synonyms,share', parseYaml)).toThrow(/is not option=value/);
});
