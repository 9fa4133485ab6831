import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { writeTrainingFolder } from '@taxon/app-trainer/testing';
import { createRandom } from '@taxon/data';
import { kafkaNeeds, openTestKafka, testPrefix, whyNoKafka } from '@taxon/events/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

// Real processes: the command line asks, trainers train, some are killed; the result is that of one process alone, to the bit.

const bundles = {
  cli: fileURLToPath(new URL('../dist/main.js', import.meta.url)),
  trainer: fileURLToPath(new URL('../../trainer/dist/main.js', import.meta.url)),
};
const missing = await whyNoKafka();

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'taxon-split-'));
  await writeTrainingFolder(root);
});
afterAll(() => rm(root, { recursive: true }));

const run = (args: string[], env: Record<string, string> = {}): Promise<{ code: number | null; err: string }> =>
  new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [bundles.cli, ...args], {
      cwd: root,
      env: { PATH: process.env['PATH'], ...env },
    });
    let err = '';
    child.stderr.on('data', (chunk) => (err += String(chunk)));
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, err }));
  });

const startTrainer = (env: Record<string, string>): Promise<ChildProcess> =>
  new Promise((resolve, reject) => {
    const folders = ['--data-folder', root, '--models-folder', root, '--registry', join(root, 'none')];
    const args = [bundles.trainer, '--port', '0', '--metrics-port', '0', ...folders];
    const child = spawn(process.execPath, args, { env: { PATH: process.env['PATH'], ...env } });
    child.on('error', reject);
    child.on('exit', (code) => reject(new Error(`the trainer ended with ${code}`)));
    child.stdout.on('data', (chunk: Buffer) => {
      if (chunk.toString().includes('"ready"')) resolve(child);
    });
  });

const recipe = [
  ...['train', 'data.csv', '--encoder', 'encoder', '--threads', '1', '--quiet', '--epochs', '20'],
  ...['--set', 'optimizer.tokensPerStep=64', '--set', 'optimizer.learningRate=0.003', '--set', 'patience=0'],
];
const many = ['--set', 'folds=4', '--set', 'ensemble=soup', '--set', 'search.trials=3', '--set', 'search.pruner=none'];

/** Everything that a run says of its trainings, but for how long they took. */
const told = async (model: string): Promise<unknown> => {
  const read = (name: string): Promise<string> => readFile(join(root, model, name), 'utf8');
  return [
    await read('run/out-of-fold.jsonl'),
    await read('run/best-recipe.yaml').then((yaml) => yaml.replace(/^output: .*$/mu, '').replaceAll(`${root}/`, '')),
    (await readFile(join(root, model, 'model.safetensors')).catch(() => readFile(join(root, model, '0_Transformer', 'model.safetensors')))).toString('base64'), // prettier-ignore
  ];
};

const whole = async (name: string, via: string, env: Record<string, string>, kills: number): Promise<void> => {
  const trainers = await Promise.all([0, 1, 2].map(() => startTrainer(env)));
  const random = createRandom(5);
  const done = run([...recipe, ...many, '--out', name, '--via', via], env);
  let over = false;
  void done.finally(() => (over = true));
  const killing = async (): Promise<void> => {
    for (let i = 0; i < kills && !over; i++) {
      await new Promise((resolve) => setTimeout(resolve, 500 + 1500 * random()));
      const victim = Math.floor(random() * trainers.length);
      trainers[victim]!.removeAllListeners('exit').kill('SIGKILL');
      trainers[victim] = await startTrainer(env);
    }
  };
  const [{ code, err }] = await Promise.all([done, killing()]);
  for (const trainer of trainers) trainer.removeAllListeners('exit').kill('SIGKILL');
  expect(err).toBe('');
  expect(code).toBe(0);
};

describe.skipIf(!existsSync(bundles.trainer))(
  'a run of many trainings, split (skipped where nothing is built)',
  { timeout: 240_000 },
  () => {
    beforeAll(async () => {
      const { code, err } = await run([...recipe, ...many, '--out', 'alone']);
      expect(err, String(code)).toBe('');
    }, 60_000);

    it('is done by three trainers on the embedded log, which are killed at random, to the same bits', async () => {
      const folder = join(root, 'events');
      await whole('split', folder, { TAXON_EVENTS_FOLDER: folder }, 3);
      expect(await told('split')).toEqual(await told('alone'));
      expect(existsSync(join(root, 'split.checkpoint'))).toBe(false);
    });

    it.skipIf(missing !== undefined)(
      `is done by three trainers on Kafka, one of which is killed (${kafkaNeeds})`,
      async () => {
        await using kafka = await openTestKafka();
        const url = `kafka://${kafka.brokers.join()}`;
        await whole(
          'kafka',
          url,
          { TAXON_EVENTS_URL: url, TAXON_EVENTS_SESSION_SECONDS: '6', TAXON_EVENTS_PREFIX: testPrefix() },
          1,
        );
        expect(await told('kafka')).toEqual(await told('alone'));
      },
    );

    it('is refused where there is nothing to split', async () => {
      const { code, err } = await run([...recipe, '--out', 'one', '--via', join(root, 'events-none')]);
      expect(code).toBe(2);
      expect(err).toContain('the recipe has one training: there is nothing to split');
    });
  },
);
