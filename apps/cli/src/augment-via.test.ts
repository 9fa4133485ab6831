import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createRandom } from '@taxon/data';
import { kafkaNeeds, openTestKafka, testPrefix, whyNoKafka } from '@taxon/events/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

// Real processes: the command line asks, augmenters make texts, some are killed; the file is that of one augmenter, to the byte.

const bundles = {
  cli: fileURLToPath(new URL('../dist/main.js', import.meta.url)),
  augmenter: fileURLToPath(new URL('../../augmenter/dist/main.js', import.meta.url)),
};
const built = Object.values(bundles).every((path) => existsSync(path));
const missing = await whyNoKafka();

let root: string;
let expected: string;
const words = 'where is my big parcel today please help me find the new card that I lost in town we buy a phone'.split(
  ' ',
);
const count = 12_000;

const run = (args: string[], env: Record<string, string> = {}) =>
  new Promise<{ code: number | null; out: string; err: string }>((resolve, reject) => {
    const child = spawn(process.execPath, [bundles.cli, ...args], {
      cwd: root,
      env: { PATH: process.env['PATH'], ...env },
    });
    let [out, err] = ['', ''];
    child.stdout.on('data', (chunk) => (out += String(chunk)));
    child.stderr.on('data', (chunk) => (err += String(chunk)));
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, out, err }));
  });

/** An augmenter of its own process on a bus, which shares no folder with the command line. @returns once it is ready */
const startAugmenter = (env: Record<string, string>): Promise<ChildProcess> =>
  new Promise((resolve, reject) => {
    const none = join(root, 'none');
    const args = [bundles.augmenter, '--port', '0', '--metrics-port', '0', '--data-folder', none, '--output-folder', none]; // prettier-ignore
    const child = spawn(process.execPath, args, { env: { PATH: process.env['PATH'], ...env } });
    child.on('error', reject);
    child.on('exit', (code) => reject(new Error(`the augmenter ended with ${code}`)));
    child.stdout.on('data', (chunk: Buffer) => {
      if (chunk.toString().includes('"ready"')) resolve(child);
    });
  });
const kill = (child: ChildProcess): void => void child.removeAllListeners('exit').kill('SIGKILL');

const asked = (output: string, via: string): string[] => [
  ...['augment', 'data.csv', '--output', output, '--via', via, '--quiet', '--per-row', '4', '--seed', '5'],
  ...['--method', 'synonyms', '--method', 'swap', '--method', 'mix', '--method', 'keyboard:2'],
];

beforeAll(async () => {
  if (!built) return;
  root = await mkdtemp(join(tmpdir(), 'taxon-augment-via-'));
  const random = createRandom(3);
  const text = (): string => Array.from({ length: 8 }, () => words[Math.floor(random() * words.length)]!).join(' ');
  const rows = Array.from({ length: count }, (_, i) => `${text()},${i % 5}`);
  await writeFile(join(root, 'data.csv'), `text,label\n${rows.join('\n')}\n`);
  const one = await startAugmenter({ TAXON_EVENTS_FOLDER: join(root, 'events-one') });
  const { code, err } = await run([...asked('one.jsonl', 'events-one'), '--report', 'report']);
  kill(one);
  expect(err, String(code)).toBe('');
  expected = await readFile(join(root, 'one.jsonl'), 'utf8');
}, 60_000);
afterAll(async () => {
  if (built) await rm(root, { recursive: true });
});

/** @param most processes that are killed: a group takes a while to miss one */
const whole = async (output: string, via: string, env: Record<string, string>, most: number): Promise<void> => {
  const augmenters = await Promise.all([0, 1, 2].map(() => startAugmenter(env)));
  const random = createRandom(9);
  const done = run(asked(output, via), env);
  let over = false;
  void done.finally(() => (over = true));
  const killing = async (): Promise<number> => {
    let kills = 0;
    // The first once there are results: members that are killed while a group still gathers are missed later yet.
    while (
      !over &&
      !(await readdir(join(root, `${output}.run`)).catch(() => [])).some((name) => /^\d+\.json$/.test(name))
    )
      await new Promise((resolve) => setTimeout(resolve, 20));
    while (!over && kills < most) {
      const victim = Math.floor(random() * augmenters.length);
      kill(augmenters[victim]!);
      kills++;
      augmenters[victim] = await startAugmenter(env);
      await new Promise((resolve) => setTimeout(resolve, 400 * random()));
    }
    return kills;
  };
  const [{ code, err }, kills] = await Promise.all([done, killing()]);
  augmenters.forEach(kill);
  expect(err).toBe('');
  expect(code).toBe(0);
  expect(kills).toBeGreaterThan(0);
  expect(await readFile(join(root, output), 'utf8')).toBe(expected);
  expect(existsSync(join(root, `${output}.run`))).toBe(false);
};

describe.skipIf(!built)('an augmentation, split (skipped where nothing is built)', { timeout: 120_000 }, () => {
  it('holds all rows, and of each what was wanted, but for repeats', async () => {
    const rows = expected
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { text: string; parent?: string });
    const made = rows.slice(count);
    const { kept, wanted, methods } = JSON.parse(await readFile(join(root, 'report', 'augmentation.json'), 'utf8')) as {
      kept: number;
      wanted: number;
      methods: { kept: number; examples: { kept: unknown[] } }[];
    };
    expect([rows.length, wanted]).toEqual([count + kept, 4 * count]);
    expect(kept).toBeGreaterThan(0.95 * wanted);
    expect(methods.map((one) => one.kept).reduce((a, b) => a + b)).toBe(kept);
    expect(methods.every(({ examples }) => examples.kept.length === 8)).toBe(true);
    const forms = rows.map(({ text }) => text.toLowerCase());
    expect(new Set(forms).size).toBe(new Set(forms.slice(0, count)).size + kept);
    const places = made.map(({ parent }) => Number(parent!.split(':')[1]));
    expect(places).toEqual([...places].sort((a, b) => a - b));
  });

  it('is done by three augmenters on the embedded log, which are killed at random, to the same bytes', () => {
    const folder = join(root, 'events');
    return whole('three.jsonl', folder, { TAXON_EVENTS_FOLDER: folder }, 3);
  });

  it.skipIf(missing !== undefined)(
    `is done by three augmenters on Kafka, one of which is killed (${kafkaNeeds})`,
    async () => {
      await using kafka = await openTestKafka();
      const url = `kafka://${kafka.brokers.join()}`;
      await whole(
        'kafka.jsonl',
        url,
        { TAXON_EVENTS_URL: url, TAXON_EVENTS_SESSION_SECONDS: '6', TAXON_EVENTS_PREFIX: testPrefix() },
        1,
      );
    },
  );

  it('goes on where the command was killed, with the same options alone', async () => {
    const folder = join(root, 'events-again');
    const args = asked('again.jsonl', folder);
    const augmenter = await startAugmenter({ TAXON_EVENTS_FOLDER: folder });
    const first = spawn(process.execPath, [bundles.cli, ...args], { cwd: root, env: { PATH: process.env['PATH'] } });
    while (!existsSync(join(root, 'again.jsonl.run', '1.json')))
      await new Promise((resolve) => setTimeout(resolve, 10));
    const closed = new Promise((resolve) => first.on('close', resolve));
    first.kill('SIGKILL');
    await closed;
    expect(existsSync(join(root, 'again.jsonl'))).toBe(false);
    const other = await run([...args, '--below', '9']);
    expect(other.code).toBe(2);
    expect(other.err).toContain('is of a run with other options or another data file');
    expect(await run(args)).toMatchObject({ code: 0, err: '' });
    kill(augmenter);
    expect(await readFile(join(root, 'again.jsonl'), 'utf8')).toBe(expected);
    expect((await readdir(root)).filter((name) => name.startsWith('again'))).toEqual(['again.jsonl']);
  });

  it('says what an augmenter may not read, and what others cannot do for it', async () => {
    const folder = join(root, 'events-refused');
    const augmenter = await startAugmenter({ TAXON_EVENTS_FOLDER: folder });
    await writeFile(join(root, 'words.yaml'), 'words: {city: [Paris]}\n');
    const base = ['augment', 'data.csv', '--output', 'no.jsonl', '--via', folder, '--quiet'];
    const outside = await run([...base, '--method', 'templates,file=words.yaml']);
    kill(augmenter);
    expect(outside.code).not.toBe(0);
    expect(outside.err).toMatch(
      /methods\[0\]\.options\.file: .*words\.yaml" is outside .*none, the augmenter's dataFolder/,
    );
    expect((await run([...base, '--dry-run'])).err).toContain('--via is given with --dry-run');
    expect((await run([...base, '--translator', 'localhost:1'])).err).toContain('Augmenters ask their own');
  });
});
