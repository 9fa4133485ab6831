import { fork, type ChildProcess } from 'node:child_process';
import { once as onceEmitted } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { decodeEvent } from '../cloud-events.ts';
import { asked, askedTopic, done, doneTopic, onDone, range, readAll, until } from '../contract/setting.ts';
import { deadTopicOf, readDeadLetter, reviveDeadLetter } from '../dead-letters.ts';
import { openEffects } from '../effects.ts';
import type { StoredEvent } from '../event.ts';
import { openEmbeddedBus } from './embedded-bus.ts';
import { steps, type TestWorkerRequest } from './test-steps.ts';

// Short, so that a dead process's partitions are soon another's.
const lease = 240;

type Told = 'ready' | { died: string } | { began: string } | { ended: string; first: boolean } | { published: number };
/** What a test asks of a worker beside the folder. */
type Act = TestWorkerRequest extends infer R ? (R extends unknown ? Omit<R, 'folder' | 'lease'> : never) : never;

/** Of a letter: the event as it was, in the topic that it came from. */
const unitOfLetter = (stored: StoredEvent): string => unitOf(reviveDeadLetter(stored));
const unitOf = (stored: StoredEvent): string => (decodeEvent(stored).data as { unit: string }).unit;

describe('the embedded bus, when processes die', () => {
  // Beside the lib, so that the binding of SQLite is found.
  const worker = fileURLToPath(new URL('../../dist/test-worker.mjs', import.meta.url));
  beforeAll(() =>
    build({
      entryPoints: [fileURLToPath(new URL('test-worker.ts', import.meta.url))],
      ...{ outfile: worker, bundle: true, platform: 'node', format: 'esm', external: ['libsql'], logLevel: 'error' },
      banner: { js: `import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);` },
    }),
  );
  let folder = '';
  const children = new Set<ChildProcess>();
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'taxon-faults-'));
  });
  afterEach(async () => {
    for (const child of children) child.kill('SIGKILL');
    children.clear();
    await sleep(50);
    await rm(folder, { recursive: true });
  });
  const start = (act: Act, onTold: (told: Told) => void = () => undefined): ChildProcess => {
    const child = fork(worker, [JSON.stringify({ ...act, folder, lease })], { execArgv: [] });
    children.add(child);
    child.on('message', (message) => onTold(message as Told));
    child.on('exit', () => children.delete(child));
    return child;
  };
  const exited = async (child: ChildProcess): Promise<void> => {
    if (child.exitCode === null && child.signalCode === null) await onceEmitted(child, 'exit');
  };
  /** How often each unit's effect was done. */
  const effectsOf = async (units: readonly number[]): Promise<Set<string | undefined>> => {
    await using effects = await openEffects(folder, { scope: 'g' });
    return new Set(units.map((unit) => effects.get(String(unit))));
  };

  it('loses nothing and does nothing twice when a consumer is killed at any step of its handler, 100 times', async () => {
    await using bus = await openEmbeddedBus(folder, { lease });
    const units = range(1_000);
    await bus.publish(units.map(asked));
    // Two at a time in the group; each dies at another step of another event.
    let seed = 0;
    const slot = async (): Promise<void> => {
      while (seed < 100) {
        const die = { step: steps[seed % steps.length]!, at: 1 + ((seed * 7) % 5) };
        seed++;
        await exited(start({ act: 'consume', die }));
      }
    };
    await Promise.all([slot(), slot()]);
    start({ act: 'consume' });
    await until(async () => expect(await bus.lag('g')).toEqual([{ group: 'g', topic: askedTopic, events: 0 }]));
    expect(await effectsOf(units)).toEqual(new Set(['1']));
    // What followed from them: nothing is missing, and what is there twice has one id.
    const followed = await readAll(bus, { topic: doneTopic });
    const byId = new Map(followed.map((event) => [event.headers['ce_id'], unitOf(event)]));
    expect(byId.size).toBe(1_000);
    expect(new Set(byId.values()).size).toBe(1_000);
    expect(await bus.topics()).toEqual([doneTopic, askedTopic]);
  }, 240_000);

  it('goes on within a lease or two when the only consumer is killed', async () => {
    await using bus = await openEmbeddedBus(folder, { lease });
    const ended: string[] = [];
    const first = start({ act: 'consume', handlerMs: 5 }, (told) => {
      if (typeof told === 'object' && 'ended' in told) ended.push(told.ended);
    });
    await bus.publish(range(40).map(asked));
    await until(() => expect(ended.length).toBeGreaterThan(3));
    first.kill('SIGKILL');
    await exited(first);
    const before = ended.length;
    const killed = performance.now();
    let took = Infinity;
    start({ act: 'consume' }, (told) => {
      if (typeof told === 'object' && 'ended' in told && took === Infinity) took = performance.now() - killed;
    });
    await until(async () => expect(await bus.lag('g')).toMatchObject([{ events: 0 }]));
    expect(before).toBeLessThan(40);
    expect(took).toBeLessThan(30_000);
    expect(await effectsOf(range(40))).toEqual(new Set(['1']));
  });

  it('buries an event that its process dies of each time, and goes on', async () => {
    await using bus = await openEmbeddedBus(folder, { lease });
    await bus.publish([done('run', 'deadly'), done('run', 'good')]);
    for (const attempt of [1, 2]) {
      const told: unknown[] = [];
      const child = start({ act: 'die' }, (message) => told.push(message));
      await exited(child);
      expect(told).toContainEqual({ attempt });
    }
    const seen: string[] = [];
    bus.subscribe({ group: 'g', handlers: onDone((unit) => seen.push(unit)), retry: { attempts: 2 } });
    await until(() => expect(seen).toEqual(['good']));
    const [letter] = await readAll(bus, { topic: deadTopicOf(doneTopic) });
    expect(readDeadLetter(letter!)).toMatchObject({
      attempts: 2,
      reason: 'its process ended during each of 2 deliveries',
    });
  });

  it.each([2, 5, 1])(
    'buries the third of a batch alone when its process dies of it each time, after %d',
    async (attempts) => {
      await using bus = await openEmbeddedBus(folder, { lease });
      const units = range(40);
      await bus.publish(units.map((unit) => done('run', unit)));
      const died: string[] = [];
      const dying = async (): Promise<void> => {
        const child = start({ act: 'die of', unit: '2', attempts }, (told) => {
          if (typeof told === 'object' && 'died' in told) died.push(told.died);
        });
        await exited(child);
      };
      for (let i = 0; i < attempts; i++) await dying();
      start({ act: 'die of', unit: '2', attempts });
      await until(async () => expect(await bus.lag('g')).toEqual([{ group: 'g', topic: doneTopic, events: 0 }]));
      expect(died).toEqual(range(attempts).map(() => '2'));
      const letters = await readAll(bus, { topic: deadTopicOf(doneTopic) });
      expect(letters.map(unitOfLetter)).toEqual(['2']);
      expect(readDeadLetter(letters[0]!)).toMatchObject({ attempts });
      expect(await effectsOf(units.filter((unit) => unit !== 2))).toEqual(new Set(['1']));
      expect(await effectsOf([2])).toEqual(new Set([undefined]));
    },
  );

  it('keeps whole calls of a publisher that is killed in the middle, and all that it was told of', async () => {
    await using bus = await openEmbeddedBus(folder, { lease });
    const batch = 30;
    let published = -1;
    for (let kill = 0; kill < 12; kill++) {
      let ready = 0;
      const child = start({ act: 'publish', from: 1_000 * kill, batch }, (told) => {
        if (told === 'ready') ready++;
        else if ('published' in told) published = told.published;
      });
      await until(() => expect(ready).toBe(1));
      // At any moment of a call.
      await sleep(5 + 3.7 * kill);
      child.kill('SIGKILL');
      await exited(child);
      const events = await readAll(bus, { topic: askedTopic });
      const sizes = new Map<string, number>();
      for (const { key } of events) sizes.set(key.split('/')[0]!, (sizes.get(key.split('/')[0]!) ?? 0) + 1);
      expect(new Set(sizes.values()).size).toBeLessThan(2);
      if (published >= 1_000 * kill) for (const i of range(published - 1_000 * kill + 1)) expect(sizes.get(`batch ${1_000 * kill + i}`)).toBe(batch); // prettier-ignore
    }
    expect(published).toBeGreaterThan(-1);
  });

  it('gives the partitions of a process that stood still to another, and its late work has no effect', async () => {
    await using bus = await openEmbeddedBus(folder, { lease });
    const began: string[] = [];
    const late: { ended: string; first: boolean }[] = [];
    const frozen = start({ act: 'consume', handlerMs: 60 }, (told) => {
      if (typeof told === 'object' && 'began' in told) began.push(told.began);
      if (typeof told === 'object' && 'ended' in told) late.push(told);
    });
    await bus.publish(range(20).map(asked));
    await until(() => expect(began.length).toBeGreaterThan(2));
    // In the middle of a handler. To it, its clock jumps.
    frozen.kill('SIGSTOP');
    const handledBefore = late.length;
    start({ act: 'consume' });
    await until(async () => expect(await bus.lag('g')).toMatchObject([{ events: 0 }]));
    frozen.kill('SIGCONT');
    await until(() => expect(late.length).toBeGreaterThan(handledBefore));
    await bus.publish(range(20).map((unit) => asked(20 + unit)));
    await until(async () => expect(await bus.lag('g')).toMatchObject([{ events: 0 }]));
    expect(late.slice(handledBefore).some(({ first }) => !first)).toBe(true);
    expect(await effectsOf(range(40))).toEqual(new Set(['1']));
  });
});
