import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { makeModel } from '@taxon/app-inference/testing';
import { kafkaNeeds, openTestKafka, testPrefix, whyNoKafka } from '@taxon/events/testing';
import { createRandom } from '@taxon/data';
import { openPlace, openRegistry } from '@taxon/registry';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

// Real processes: the command line asks, inference services answer, some are killed.

const bundles = {
  cli: fileURLToPath(new URL('../dist/main.js', import.meta.url)),
  inference: fileURLToPath(new URL('../../inference/dist/main.js', import.meta.url)),
};
const missing = await whyNoKafka();

let root: string;
let input: string;
let expected: string;
const words = ['card', 'my', 'pin', 'help', 'money', 'today', 'new', 'sent', 'account', 'pay'];
const count = 20_000;

const run = (
  args: string[],
  env: Record<string, string> = {},
): Promise<{ code: number | null; out: string; err: string }> =>
  new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [bundles.cli, ...args], { env: { PATH: process.env['PATH'], ...env } });
    let [out, err] = ['', ''];
    child.stdout.on('data', (chunk) => (out += String(chunk)));
    child.stderr.on('data', (chunk) => (err += String(chunk)));
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, out, err }));
  });

beforeAll(async () => {
  if (!existsSync(bundles.cli)) return;
  root = await mkdtemp(join(tmpdir(), 'taxon-via-'));
  const random = createRandom(3);
  const text = (i: number): string =>
    `${i} ${Array.from({ length: 5 }, () => words[Math.floor(random() * words.length)]!).join(' ')}`;
  input = join(root, 'big.jsonl');
  await writeFile(input, Array.from({ length: count }, (_, i) => JSON.stringify({ text: text(i) })).join('\n'));
  const folder = await makeModel(join(root, 'model'));
  const registry = openRegistry(openPlace(join(root, 'registry')));
  await registry.register({ model: 'intents', folder, lineage: { how: 'imported' } });
  await registry.moveAlias({ model: 'intents', alias: 'serving', to: 1, by: 'a test' });
  const alone = join(root, 'alone.jsonl');
  const { code, err } = await run(['predict', folder, '--input', input, '--output', alone, '--quiet']);
  expect(err, String(code)).toBe('');
  expected = await readFile(alone, 'utf8');
}, 60_000);
afterAll(async () => {
  if (existsSync(bundles.cli)) await rm(root, { recursive: true });
});

/** An inference service of its own process on a bus. @returns once it is ready */
const startService = (env: Record<string, string>): Promise<ChildProcess> =>
  new Promise((resolve, reject) => {
    const own = ['--registry', join(root, 'registry'), '--models-folder', join(root, 'none'), '--threads', '1'];
    const args = [bundles.inference, '--port', '0', '--metrics-port', '0', ...own];
    const child = spawn(process.execPath, args, { env: { PATH: process.env['PATH'], ...env } });
    child.on('error', reject);
    child.on('exit', (code) => reject(new Error(`the service ended with ${code}`)));
    child.stdout.on('data', (chunk: Buffer) => {
      if (chunk.toString().includes('"ready"')) resolve(child);
    });
  });

/** Labels and places as they are; probabilities of other batches differ in the last digits. */
const answersIn = (jsonl: string): string[] =>
  jsonl
    .trimEnd()
    .split('\n')
    .map((line) => {
      const { text, answer } = JSON.parse(line) as { text: string; answer: string[] };
      return `${text}: ${answer.join()}`;
    });

/** @param most processes that are killed: a group takes a while to miss one */
const whole = async (via: string, env: Record<string, string>, most: number): Promise<void> => {
  const output = join(root, `answers-${via.replaceAll(/\W/gu, '')}.jsonl`);
  const services = await Promise.all([0, 1, 2].map(() => startService(env)));
  const random = createRandom(9);
  const done = run(['predict', 'intents', '--input', input, '--output', output, '--via', via, '--quiet'], env);
  let over = false;
  void done.finally(() => (over = true));
  const killing = async (): Promise<number> => {
    let kills = 0;
    while (!over && kills < most) {
      await new Promise((resolve) => setTimeout(resolve, 300 + 400 * random()));
      const victim = Math.floor(random() * services.length);
      services[victim]!.removeAllListeners('exit').kill('SIGKILL');
      kills++;
      services[victim] = await startService(env);
    }
    return kills;
  };
  const [{ code, err }, kills] = await Promise.all([done, killing()]);
  for (const service of services) service.removeAllListeners('exit').kill('SIGKILL');
  expect(err).toBe('');
  expect(code).toBe(0);
  expect(kills).toBeGreaterThan(0);
  // Nothing lost, nothing twice, all in its place.
  expect(answersIn(await readFile(output, 'utf8'))).toEqual(answersIn(expected));
  expect(existsSync(`${output}.run`)).toBe(false);
};

describe.skipIf(!existsSync(bundles.cli))(
  'a large file, split (skipped where nothing is built)',
  { timeout: 120_000 },
  () => {
    it('is answered by three processes on the embedded log, which are killed at random', () => {
      const folder = join(root, 'events');
      return whole(folder, { TAXON_EVENTS_FOLDER: folder }, 4);
    });

    it.skipIf(missing !== undefined)(
      `is answered by three processes on Kafka, which are killed at random (${kafkaNeeds})`,
      async () => {
        await using kafka = await openTestKafka();
        const url = `kafka://${kafka.brokers.join()}`;
        await whole(
          url,
          { TAXON_EVENTS_URL: url, TAXON_EVENTS_SESSION_SECONDS: '6', TAXON_EVENTS_PREFIX: testPrefix() },
          1,
        );
      },
    );

    it('goes on where it was stopped', async () => {
      const folder = join(root, 'events-again');
      const output = join(root, 'again.jsonl');
      const args = ['predict', 'intents', '--input', input, '--output', output, '--via', folder, '--quiet'];
      const service = await startService({ TAXON_EVENTS_FOLDER: folder });
      const first = spawn(process.execPath, [bundles.cli, ...args], { env: { PATH: process.env['PATH'] } });
      while (!existsSync(join(`${output}.run`, '3.jsonl'))) await new Promise((resolve) => setTimeout(resolve, 20));
      const closed = new Promise((resolve) => first.on('close', resolve));
      first.kill('SIGKILL');
      await closed;
      expect(existsSync(output)).toBe(false);
      const other = await run([...args.slice(0, -1), '--top', '1']);
      expect(other.code).toBe(2);
      expect(other.err).toContain('is of a run with another model, --top or input');
      expect(await run(args)).toMatchObject({ code: 0, err: '' });
      service.removeAllListeners('exit').kill();
      expect(answersIn(await readFile(output, 'utf8'))).toEqual(answersIn(expected));
    });
  },
);
