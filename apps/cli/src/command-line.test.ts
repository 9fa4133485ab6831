import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'yaml';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bin, runProgram, type Outcome } from './testing.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'taxon-cli-'));
});
afterAll(() => rm(folder, { recursive: true }));

const taxon = (...args: string[]): Promise<Outcome> => runProgram(process.execPath, [bin, ...args], { cwd: folder });

const file = async (name: string, content: string | Uint8Array): Promise<string> => {
  await writeFile(join(folder, name), content);
  return name;
};

describe('usage', () => {
  it('prints its version', async () => {
    expect(await taxon('--version')).toEqual({ code: 0, out: '0.1.0\n', err: '' });
  });

  it('prints the help and fails when nothing is asked', async () => {
    const { code, err } = await taxon();
    expect(code).toBe(2);
    expect(err).toContain('taxon train data.csv');
  });

  it.each(['train', 'evaluate', 'predict', 'serve', 'up', 'recipe', 'engine'])('%s --help has examples', async (command) => {
    const { code, out } = await taxon(command, '--help');
    expect(code).toBe(0);
    expect(out).toMatch(new RegExp(`Examples:\n(?:.*\n)*? .*taxon ${command}`, 'u'));
  });

  it('names the option that was meant', async () => {
    const { code, err, out } = await taxon('train', 'a.csv', '--epoch', '3');
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toBe(
      "error: unknown option '--epoch' (Did you mean --epochs?)\ntaxon train --help lists what there is\n",
    );
  });

  it('names the command that was meant', async () => {
    const { code, err } = await taxon('tarin');
    expect(code).toBe(2);
    expect(err).toContain("unknown command 'tarin' (Did you mean train?)");
  });

  it('names an option whose value is wrong', async () => {
    const { code, err } = await taxon('predict', 'model', 'text', '--top', 'all');
    expect(code).toBe(2);
    expect(err).toContain("option '--top <n>' argument 'all' is invalid");
  });

  it('tells a wrong use as JSON when asked for JSON', async () => {
    const { code, err, out } = await taxon('evaluate', 'model', '--json');
    expect({ code, err }).toEqual({ code: 2, err: '' });
    expect(JSON.parse(out)).toMatchObject({
      error: { code: 'invalid_input', message: "missing required argument 'file'" },
    });
  });

  it('takes what follows -- as text, not as options', async () => {
    const { code, err } = await taxon('predict', 'no-such-model', '--', '--json');
    expect(code).toBe(2);
    expect(err).toContain('no-such-model');
  });

  it('goes quietly when nobody reads on', async () => {
    const { err } = await runProgram('sh', ['-c', `"${process.execPath}" "${bin}" recipe a.csv | true`], {
      cwd: folder,
    });
    expect(err).toBe('');
  });
});

describe('recipe', () => {
  it('prints every option, in a form that it reads back', async () => {
    const first = await taxon('recipe', 'a.csv', '--epochs', '3', '--set', 'optimizer.dropout=0.1');
    expect(first).toMatchObject({ code: 0, err: '' });
    expect(parse(first.out)).toMatchObject({ data: { train: 'a.csv' }, optimizer: { epochs: 3, dropout: 0.1 } });
    await file('recipe.yaml', first.out);
    expect(await taxon('recipe', '--recipe', 'recipe.yaml')).toEqual(first);
  });

  it('prints one line as JSON', async () => {
    const { out } = await taxon('recipe', 'a.csv', '--json');
    expect(out.trimEnd()).not.toContain('\n');
    expect(JSON.parse(out)).toMatchObject({ output: 'model' });
  });
});

describe('wrong input', () => {
  it('names an unknown key of the recipe file, and the right one', async () => {
    const recipe = await file('wrong.yaml', 'data: { train: a.csv }\noptimizer: { learning_rate: 0.1 }\n');
    const { code, err } = await taxon('train', '--recipe', recipe);
    expect(code).toBe(2);
    expect(err).toBe("error: wrong.yaml: optimizer.learning_rate: unknown option; did you mean 'learningRate'?\n");
  });

  it.each([
    ['a column that is not there', 'title,label\na,b\n', [], /file\.csv.*"text".*"title"/u],
    ['an empty file', '', [], /file\.csv/u],
    ['bytes that are not UTF-8', Uint8Array.of(116, 101, 120, 116, 0xff, 10), [], /file\.csv.*UTF-8/u],
  ])('%s is named, with exit code 2 and nothing written', async (_, content, args, message) => {
    const name = await file('file.csv', content);
    const before = await readdir(folder);
    const { code, err, out } = await taxon('evaluate', 'model', name, ...args);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toMatch(message);
    expect(await readdir(folder)).toEqual(before);
  });

  it('a file that is not there is named', async () => {
    const { code, out } = await taxon('evaluate', 'model', 'nowhere.csv', '--json');
    expect(code).toBe(2);
    const { error } = JSON.parse(out) as { error: { code: string; message: string } };
    expect(error.message).toContain('nowhere.csv');
  });

  it('texts given twice are refused', async () => {
    const { code, err } = await taxon('predict', 'model', 'a text', '--input', 'file.csv');
    expect(code).toBe(2);
    expect(err).toContain('both as arguments and by --input');
  });
});
