import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { saveModelFolder } from '@taxon/models';
import { card, temporaryFolder, tinyModel, writeEncoderFolder } from '@taxon/models/testing';
import { parse } from 'yaml';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { bin, runProgram, toyCsv, type Outcome } from './testing.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'taxon-cli-'));
  const encoder = await temporaryFolder();
  await writeEncoderFolder(encoder);
  const model = tinyModel({ kind: 'dense', pooling: 'mean', normalize: true });
  await saveModelFolder(join(folder, 'model'), model, { tokenizerFrom: encoder, card });
  await rm(encoder, { recursive: true });
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

  it.each(['train', 'search', 'distil', 'evaluate', 'compare', 'predict', 'serve', 'up', 'recipe', 'engine'])(
    '%s --help has examples',
    async (command) => {
      const { code, out } = await taxon(command, '--help');
      expect(code).toBe(0);
      expect(out).toMatch(new RegExp(`Examples:\n(?:.*\n)*? .*taxon ${command}`, 'u'));
    },
  );

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

describe('engine', () => {
  afterEach(() => vi.unstubAllEnvs());
  const emptyCache = (): void => void vi.stubEnv('TAXON_CACHE', join(folder, 'cache'));

  it('list says what is here and how to get the rest', async () => {
    emptyCache();
    const { code, out } = await taxon('engine', 'list');
    expect(code).toBe(0);
    expect(out).toMatch(/^wasm +built in$/mu);
    if (process.platform === 'linux')
      expect(out).toMatch(/^tensorflow +not installed +2\.18\.1 +taxon engine install tensorflow$/mu);
    const { engines } = JSON.parse((await taxon('engine', 'status', '--json')).out) as { engines: object[] };
    expect(engines).toMatchObject([{ name: 'tensorflow' }, { name: 'tensorflow-gpu' }, { name: 'cuda' }]);
  });

  it('install names the engine that was meant', async () => {
    const { code, err } = await taxon('engine', 'install', 'tensorflwo');
    expect(code).toBe(2);
    expect(err).toContain("there is no engine 'tensorflwo' to install; did you mean 'tensorflow'?");
  });

  it.skipIf(process.platform !== 'linux')('install names the tool that is missing and how to get it', async () => {
    emptyCache();
    vi.stubEnv('TAXON_PYTHON', 'no-such-python');
    for (const engine of process.arch === 'x64' ? ['tensorflow', 'cuda'] : ['tensorflow']) {
      const { code, err } = await taxon('engine', 'install', engine);
      expect(code).toBe(2);
      expect(err).toMatch(
        /^(fetching .*\n)?error: there is no no-such-python on this machine.*\nDebian and Ubuntu: apt-get install/u,
      );
    }
  });

  it('a device whose engine is not there says what to run', async () => {
    emptyCache();
    const data = await file('data.csv', toyCsv(40));
    const { code, err } = await taxon('train', data, '--device', 'tensorflow', '--quiet');
    expect(code).toBe(2);
    if (process.platform === 'linux') {
      expect(err).toContain("device: 'tensorflow' needs the TensorFlow engine, which is not installed");
      expect(err).toContain('Run `taxon engine install tensorflow`, or leave device at auto.');
    }
  });

  it('an unknown device is refused with those that there are', async () => {
    const { code, err } = await taxon('train', 'data.csv', '--device', 'gpu');
    expect(code).toBe(2);
    expect(err).toMatch(/--device: .*"auto".*"tensorflow-gpu".*"wasm".*got "gpu"/u);
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
