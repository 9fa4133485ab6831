import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { decodeEvent, openEventBus } from '@taxon/events';
import { writeEncoderFolder } from '@taxon/models/testing';
import { openPlace, openRegistry, type Registry } from '@taxon/registry';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { about, model, openClients, patience, rowsOf, trainModel } from './test-loop.ts';

// Trainer, inference and monitor as processes of their own, on the embedded log; the monitor is killed in the middle of its work.

type Service = 'trainer' | 'inference' | 'monitor';
const bundleOf = (service: Service): string => fileURLToPath(new URL(`../../${service}/dist/main.js`, import.meta.url));
const built = (['trainer', 'inference', 'monitor'] as const).every((service) => existsSync(bundleOf(service)));

let root: string;
let registry: Registry;
const alive = new Set<ChildProcess>();

/** @returns the process and its address, once it is ready */
const start = (service: Service, ...own: string[]): Promise<{ child: ChildProcess; address: string }> =>
  new Promise((resolve, reject) => {
    const common = ['--port', '0', '--metrics-port', '0', '--events.folder', join(root, 'events')];
    const args = [bundleOf(service), ...common, '--registry', join(root, 'registry'), ...own];
    const child = spawn(process.execPath, args, { env: { PATH: process.env['PATH'] } });
    alive.add(child);
    let out = '';
    child.on('exit', (code) => {
      alive.delete(child);
      reject(new Error(`${service} ended with ${code}: ${out.slice(-2000)}`));
    });
    child.stdout.on('data', (chunk: Buffer) => {
      out += chunk.toString();
      const port = /"state":"ready".*?"port":(\d+)/u.exec(out)?.[1];
      if (port !== undefined) resolve({ child, address: `127.0.0.1:${port}` });
    });
  });

const kill = async (child: ChildProcess): Promise<void> => {
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
};

const startMonitor = () =>
  start(
    ...([
      'monitor',
      '--state-folder',
      join(root, 'monitor'),
      '--check-seconds',
      '0.1',
      '--cool-down-hours',
      '0',
    ] as const),
    ...['--no-drift', '--new-rows', '30', '--margin', '0.1'],
  );

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'taxon-loop-killed-'));
  await writeEncoderFolder(join(root, 'encoder'));
  const folder = await trainModel(root, 'good', rowsOf(200), rowsOf(240));
  registry = openRegistry(openPlace(join(root, 'registry')));
  await registry.register({ model, folder, lineage: { how: 'trained' } });
  await registry.moveAlias({ model, alias: 'serving', to: 1, by: 'a test' });
}, 60_000);
afterEach(() => Promise.all([...alive].map(kill)));
afterAll(() => rm(root, { recursive: true, maxRetries: 3 }));

const told = async (): Promise<string[]> =>
  (await registry.history(model)).map(
    ({ by, change }) => `${by}: ${change.kind}${change.kind === 'alias' ? ` ${change.alias} ${change.to}` : ''}`,
  );

describe.skipIf(!built)('the loop in processes (skipped where nothing is built)', { timeout: 100_000 }, () => {
  it('ends in exactly one promotion though the monitor is killed while a candidate is trained and compared', async () => {
    const inference = await start('inference', '--models-folder', join(root, 'none'), '--threads', '1');
    const first = await startMonitor();
    const { addRows } = openClients(inference.address, first.address);
    const rows = Array.from({ length: 60 }, () => ({ text: about('close'), label: 'close' }));
    expect((await addRows(rows)).added).toBe(60);
    // Once it has answered, the rows are kept; whether the training is asked for already is chance.
    await kill(first.child);
    const asking = await startMonitor();
    const asked = async () => (await openClients(inference.address, asking.address).status()).lastRequest?.state;
    await expect.poll(asked, patience).toBe('REQUEST_STATE_OPEN');
    // There is no trainer yet: it is killed while a request is open.
    await kill(asking.child);
    await start('trainer', '--models-folder', join(root, 'models'), '--data-folder', root);
    await expect.poll(told, patience).toContain('trainer: alias candidate 2');
    // At other moments of comparing: both versions are loaded and asked in less than two seconds.
    for (const pause of [0, 150, 400, 800]) {
      const { child } = await startMonitor();
      await setTimeout(pause);
      await kill(child);
    }
    await startMonitor();
    const { classify } = openClients(inference.address);
    await expect.poll(async () => (await classify(about('close'))).version, patience).toBe(2);
    const answers = await classify(about('close'), about('lost'), about('rate'));
    expect(answers.predictions.map(({ answer }) => answer[0])).toEqual(['close', 'lost', 'rate']);
    // Longer than some looks: nothing comes after.
    await setTimeout(1000);
    expect(await told()).toEqual([
      'taxon: registered',
      'a test: alias serving 1',
      'trainer: registered',
      'trainer: alias candidate 2',
      'monitor: alias serving 2',
      'monitor: alias shadow 1',
    ]);
    const bus = await openEventBus({ folder: join(root, 'events') });
    const ids = { requested: new Set<string>(), promoted: new Set<string>() };
    for (const topic of ['taxon.training.v1', 'taxon.model.v1'])
      for await (const stored of bus.read({ topic })) {
        const { type, id } = decodeEvent(stored);
        if (type === 'taxon.training.requested') ids.requested.add(id);
        if (type === 'taxon.model.promoted') ids.promoted.add(id);
      }
    await bus.close();
    expect([ids.requested.size, ids.promoted.size]).toEqual([1, 1]);
  });
});
