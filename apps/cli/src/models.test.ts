import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { saveModelFolder } from '@taxon/models';
import { card, temporaryFolder, tinyModel, writeEncoderFolder } from '@taxon/models/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bin, runProgram, type Outcome } from './testing.ts';

let folder: string;
beforeAll(async () => {
  delete process.env['TAXON_REGISTRY'];
  folder = await mkdtemp(join(tmpdir(), 'taxon-models-'));
  const encoder = await temporaryFolder();
  await writeEncoderFolder(encoder);
  const model = tinyModel({ kind: 'dense', pooling: 'mean', normalize: true });
  const lineage = { codeVersion: '9.8.7', recipe: { encoder: 'tiny' }, dataDigest: 'd'.repeat(64) };
  await saveModelFolder(join(folder, 'first'), model, { tokenizerFrom: encoder, card, lineage });
  await rm(encoder, { recursive: true });
  const report = { tasks: [{ final: { test: { figures: { accuracy: 0.875, loss: 3 } } } }] };
  await cp(join(folder, 'first'), join(folder, 'second'), { recursive: true });
  await writeFile(join(folder, 'second', 'NOTES.txt'), 'the second');
  await mkdir(join(folder, 'second', 'run'));
  await writeFile(join(folder, 'second', 'run', 'metrics.json'), JSON.stringify(report));
});
afterAll(() => rm(folder, { recursive: true }));

const taxon = (...args: string[]): Promise<Outcome> =>
  runProgram(process.execPath, [bin, 'models', ...args], { cwd: folder });
const json = async (...args: string[]): Promise<unknown> => {
  const { code, out, err } = await taxon(...args, '--json');
  expect({ code, err }).toEqual({ code: 0, err: '' });
  return JSON.parse(out);
};

describe('taxon models', () => {
  it('registers, shows, promotes, looks back, checks out and cleans up', async () => {
    expect((await taxon('list')).out).toContain('holds no models yet');
    const first = await taxon('register', 'intents', 'first', '--alias', 'serving', '--by', 'ann', '--reason', 'begin');
    expect(first).toMatchObject({ code: 0, out: expect.stringMatching(/^intents@1 {2}registered: \d+ files, /) });
    expect(first.err).toMatch(/^store: .* in /);
    expect(await json('register', 'intents', 'second', '--parent', '1')).toMatchObject({ version: 2, already: false });
    expect(await json('register', 'intents', 'second')).toMatchObject({ version: 2, already: true });

    expect((await taxon('list')).out).toMatch(/model +versions +newest +aliases\nintents +2 +2, .* +serving 1\n/);
    expect((await taxon('show', 'intents')).out).toMatch(/ 1 .* trained .* serving\n.* 2 .* trained +1 +87\.5 % test/);
    expect(await json('show', 'intents@2')).toMatchObject({
      lineage: {
        how: 'trained',
        parent: 1,
        codeVersion: '9.8.7',
        recipe: { encoder: 'tiny' },
        data: { data: 'd'.repeat(64) },
      },
      scores: { test: { accuracy: 0.875 } },
    });

    const move = ['alias', 'intents', 'serving', '2', '--by', 'bob', '--expect'];
    expect(await taxon(...move, '2')).toMatchObject({ code: 2, err: expect.stringContaining('points at 1, not at 2') });
    expect((await taxon(...move, '1')).out).toMatch(/serving: 1 → 2 +bob/);
    expect((await taxon('history', 'intents')).out).toMatch(
      /1 .* registered 1 +ann +begin\n.*nothing → 1 +ann.*\n.*registered 2.*\n.*1 → 2 +bob\n$/,
    );

    const out = await taxon('checkout', 'intents', 'out', '--quiet');
    expect(out).toMatchObject({ code: 0, err: '', out: `intents@2  ${join(folder, 'out')}\n` });
    expect(await readFile(join(folder, 'out', 'NOTES.txt'), 'utf8')).toBe('the second');
    expect(await taxon('checkout', 'intents', 'out')).toMatchObject({ code: 2 });

    const all = ['gc', '--keep-last', '0', '--keep-days', '0'];
    expect((await taxon(...all, '--dry-run')).out).toMatch(/^intents@1 .*\nwould remove 1 version /);
    expect((await taxon(...all, '--keep-parents')).out).toMatch(/^removed 0 versions /);
    expect((await taxon(...all)).out).toMatch(/\nremoved 1 version /);
    expect(await json('list')).toMatchObject({ models: [{ name: 'intents', versions: [2], aliases: { serving: 2 } }] });
    expect((await readdir(folder)).sort()).toEqual(['first', 'out', 'registry', 'second']);
  });

  it('says what is wrong and what would be right', async () => {
    expect((await taxon('show', 'intnts')).err).toContain("did you mean 'intents'?");
    expect((await taxon('alias', 'intents', 'serving')).err).toContain('version: missing');
    expect((await taxon('alias', 'intents', 'serving', 'x')).err).toContain('whole number');
    expect((await taxon('register', 'a/b', 'first')).err).toContain('is no name');
    expect((await taxon('list', '--registry', 's3://X')).err).toContain('names no bucket');
  });
});
