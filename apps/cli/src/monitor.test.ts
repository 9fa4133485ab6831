import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ClassifyRequest, InferenceClient, type ClassifyResponse } from '@taxon/contracts';
import { connect } from '@taxon/service';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bin, runProgram, toyCsv, writeToyEncoder, type Outcome } from './testing.ts';

// What a person does, from a labelled file to a promoted version: every step is a process, `taxon up` is one.

const token = 'a token';
let folder: string;
let up: ChildProcess | undefined;
let address: string;

const startUp = (): Promise<string> =>
  new Promise((resolve, reject) => {
    const args = [bin, 'up', '--port', '0', '--metrics-port', '0', '--log-level', 'silent', '--token', token];
    const own = ['--registry', 'registry', '--tokenizer.encoder', 'encoder', '--sample-rate', '1', '--inference.threads', '1']; // prettier-ignore
    const monitor = ['--check-seconds', '0.2', '--cool-down-hours', '0', '--new-rows', '10000', '--no-drift'];
    const gate = ['--margin', '0.1', '--least-validation', '50'];
    up = spawn(process.execPath, [...args, ...own, ...monitor, ...gate], { cwd: folder });
    let told = '';
    up.stderr!.on('data', (chunk: Buffer) => {
      told += chunk.toString();
      const found = / on (127\.0\.0\.1:\d+),/u.exec(told);
      if (found !== null) resolve(found[1]!);
    });
    up.on('exit', (code) => reject(new Error(`taxon up ended with ${code}: ${told}`)));
  });

const taxon = (...args: string[]): Promise<Outcome> => runProgram(process.execPath, [bin, ...args], { cwd: folder });
const json = async (...args: string[]): Promise<unknown> => {
  const { code, out, err } = await taxon(...args, '--json');
  expect({ code, err, out: code === 0 ? '' : out }).toEqual({ code: 0, err: '', out: '' });
  return JSON.parse(out);
};
const fillers = ['the', 'a', 'my', 'is', 'was', 'very', 'good', 'old'];
const other = (i: number): string => [0, 1, 2, 3].map((k) => fillers[(i * (2 * k + 1) + k + (i >> 3)) % 8]!).join(' ');

beforeAll(async () => {
  delete process.env['TAXON_REGISTRY'];
  delete process.env['TAXON_ADDRESS'];
  delete process.env['TAXON_SERVER_TOKEN'];
  folder = await mkdtemp(join(tmpdir(), 'taxon-monitor-'));
  await writeToyEncoder(join(folder, 'encoder'));
  await writeFile(join(folder, 'data.csv'), toyCsv(400));
  const training = ['--threads', '1', '--quiet', '--epochs', '4', '--set', 'optimizer.learningRate=0.003'];
  expect(await taxon('train', 'data.csv', '--encoder', join(folder, 'encoder'), '--out', 'model', ...training)).toMatchObject({ code: 0 }); // prettier-ignore
}, 60_000);
afterAll(async () => {
  if (up?.exitCode === null) {
    const ended = once(up, 'exit');
    up.kill('SIGKILL');
    await ended;
  }
  await rm(folder, { recursive: true });
});

const tree = async (path: string): Promise<string[]> => (await readdir(path, { recursive: true })).toSorted();

describe('taxon monitor', { timeout: 60_000 }, () => {
  it('says what to start where nothing answers', async () => {
    const { code, err } = await taxon('monitor', 'status', 'topics', '--address', '127.0.0.1:9');
    expect(code).toBe(2);
    expect(err).toMatch(/^error: no monitor answers at 127\.0\.0\.1:9: connect ECONNREFUSED 127\.0\.0\.1:9\nStart one with `taxon up/); // prettier-ignore
    expect((await taxon('monitor', 'status', 'topics', '--address', 'here')).err).toContain("'here' is no HOST:PORT");
  });

  it('registers a model with its data, which its folder does not learn of', async () => {
    const before = await tree(join(folder, 'model'));
    expect((await taxon('models', 'register', 'topics', 'model', '--with-data')).out).toMatch(
      /^topics@1 {2}registered/,
    );
    expect(await json('models', 'show', 'topics@1')).toMatchObject({ aliases: [] });
    expect(await tree(join(folder, 'model'))).toEqual(before);
    expect(before).not.toContain(join('run', 'data'));
    // Registered again it is the same version, from wherever.
    expect(await json('models', 'register', 'topics', 'model', '--with-data', '--alias', 'serving')).toMatchObject({
      ...{ version: 1, already: true, aliases: ['serving'] },
    });
    await rename(join(folder, 'data.csv'), join(folder, 'gone.csv'));
    const { code, err } = await taxon('models', 'register', 'topics', 'model', '--with-data');
    expect(code).toBe(2);
    expect(err).toContain('run this where the model was trained');
    await rm(join(folder, 'model'), { recursive: true });
    address = await startUp();
    process.env['TAXON_ADDRESS'] = address;
  });

  it('asks for a token where the service does', async () => {
    const { code, err } = await taxon('monitor', 'status', 'topics');
    expect(code).toBe(2);
    expect(err).toMatch(/authorization: missing.*\nGive it by --token, or TAXON_SERVER_TOKEN/);
    process.env['TAXON_SERVER_TOKEN'] = token;
    const { out } = await taxon('monitor', 'status', 'topics');
    expect(out).toMatch(
      /^topics\nserves +version 1\nnew rows +0 to learn, 0 kept for comparisons\nfeedback +none yet\n/,
    );
    expect((await taxon('monitor', 'status', 'topcs')).err).toContain("did you mean 'topics'?");
  });

  it('takes rows of a file, each once, and names the line of one that it cannot take', async () => {
    const rows = Array.from({ length: 1500 }, (_, i) => ({ body: `${other(i)} ${i}`, kind: 'other' }));
    await writeFile(join(folder, 'new.jsonl'), rows.map((row) => JSON.stringify(row)).join('\n'));
    const columns = ['--text-column', 'body', '--label-column', 'kind'];
    const added = await taxon('monitor', 'add', 'topics', 'new.jsonl', ...columns);
    expect(added).toMatchObject({ code: 0, out: 'topics  1,500 rows added\n' });
    expect(added.err).toMatch(/^read: .*\nadd: 1,500 texts in /);
    expect(await json('monitor', 'add', 'topics', 'new.jsonl', ...columns)).toMatchObject({ added: 0, known: 1500 });
    const tasks = ['--tasks', 'label,mood', '--label-column', 'mood=kind'];
    await writeFile(join(folder, 'two.csv'), 'text,label,kind\na cat,animal,good\n');
    const wrong = await taxon('monitor', 'add', 'topics', 'two.csv', ...tasks);
    expect(wrong).toMatchObject({ code: 2, out: '' });
    expect(wrong.err).toContain("two.csv line 2: tasks[1].task: 'mood' is no task of the model");
    expect(wrong.err).toContain('Nothing of the file was taken');
    const help = await taxon('monitor', 'add', '--help');
    expect(help.out).not.toContain('--source-column');
    expect(help.out).toMatch(/Examples:\n {2}taxon monitor add /);
  });

  it('trains again where the labelled file is gone, and follows the request until it is promoted', async () => {
    const { code, out, err } = await taxon('monitor', 'retrain', 'topics', '--reason', 'a new class', '--wait');
    expect({ code, err }).toEqual({ code: 0, err: expect.stringMatching(/asked for.*\ntrain: .*(\ncompare: .*)?\n$/) });
    expect(out).toMatch(
      /^topics {2}version 2 promoted: worse by less than 10\.0 % on validation and feedback, if at all: /,
    );
    expect(out).toMatch(/\nfeedback +\d+ +0\.0 % +(\d\d|100)\.\d % +1\.000/);
    expect(await json('monitor', 'status', 'topics')).toMatchObject({
      ...{ servingVersion: 2, shadowVersion: 1, newRows: 0 },
      lastRequest: { state: 'decided', version: 2, reason: { trigger: 'by hand', text: 'a new class' } },
      lastDecision: { version: 2, verdict: 'promoted' },
    });
    expect((await taxon('models', 'history', 'topics')).out).toMatch(/serving: 1 → 2 +monitor/);
  });

  it('says what an answer should have been', async () => {
    using inference = await connect(InferenceClient, { name: 'inference', hint: '' }, { address, token });
    const ask = (): Promise<ClassifyResponse> =>
      inference.ask<ClassifyResponse>((...call) =>
        inference.client.classify(ClassifyRequest.fromPartial({ texts: ['the old cat', 'my soup'] }), ...call),
      );
    await expect.poll(async () => (await ask()).version, { timeout: 20_000 }).toBe(2);
    const [first, second] = (await ask()).predictions;
    const right = await taxon('feedback', 'topics', first!.predictionId, '--right', 'animal');
    expect(right).toMatchObject({ code: 0, err: '', out: 'topics@2  right: animal\n' });
    expect(await json('feedback', 'topics', second!.predictionId, '--wrong')).toMatchObject({ version: 2, textKnown: true }); // prettier-ignore
    await expect
      .poll(async () => json('monitor', 'status', 'topics'), { timeout: 20_000 })
      .toMatchObject({ judged: 2 });
    const typo = await taxon('feedback', 'topics', first!.predictionId, '--right', 'animl');
    expect(typo.err).toContain("did you mean 'animal'?");
    expect((await taxon('feedback', 'topics', first!.predictionId)).err).toContain('neither --right nor --wrong');
  });

  it('rolls back and promotes by hand', async () => {
    expect((await taxon('monitor', 'roll-back', 'topics', '--reason', 'a complaint')).out).toBe(
      'topics  serving: 2 → 1\n',
    );
    expect(await taxon('monitor', 'roll-back', 'topics')).toMatchObject({ code: 2, err: expect.stringContaining('no version is known to have served before 1') }); // prettier-ignore
    expect(await json('monitor', 'promote', 'topics', '2')).toEqual({
      model: 'topics',
      version: 2,
      previousVersion: 1,
    });
    expect(await taxon('monitor', 'promote', 'topics', '9')).toMatchObject({ code: 2, err: expect.stringContaining('version 9 does not exist') }); // prettier-ignore
    const { out } = await taxon('models', 'history', 'topics');
    expect(out).toMatch(/serving: 2 → 1 +monitor +a complaint\n[^]*serving: 1 → 2 +monitor +by hand/);
  });
});
