import { mkdir, mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openFileStorage, openRegistry, type Registry, type Storage } from './index.ts';

let root: string;
let count = 0;
beforeAll(async () => (root = await mkdtemp(join(tmpdir(), 'taxon-crash-'))));
afterAll(() => rm(root, { recursive: true }));

const model = async (weights: string): Promise<string> => {
  const folder = join(root, `model-${count++}`);
  await mkdir(folder);
  await writeFile(join(folder, 'config.json'), '{"the":"same"}');
  await writeFile(join(folder, 'weights'), weights);
  return folder;
};

class Ended extends Error {}

/**
 * A storage whose process ends at its n-th operation: before it, or after it was carried out and before that was heard of. Nothing
 * of the process is carried out afterwards.
 */
const endingAt = (storage: Storage, n: number, when: 'before' | 'after'): Storage => {
  let operations = 0;
  const step = async <T>(run: () => Promise<T>): Promise<T> => {
    operations++;
    if (operations > n || (operations === n && when === 'before')) throw new Ended();
    const result = await run();
    if (operations < n) return result;
    if (result instanceof Readable) result.destroy();
    throw new Ended();
  };
  return {
    place: storage.place,
    read: (...args) => step(() => storage.read(...args)),
    write: (...args) => step(() => storage.write(...args)),
    stat: (...args) => step(() => storage.stat(...args)),
    remove: (...args) => step(() => storage.remove(...args)),
    removeUnfinished: (...args) => step(() => storage.removeUnfinished(...args)),
    list: (...args) => ({
      async *[Symbol.asyncIterator]() {
        await step(() => Promise.resolve());
        yield* storage.list(...args);
      },
    }),
  };
};

const lineage = { how: 'trained' as const };
const by = 'a test';

interface World {
  store: string;
  open: (storage?: Storage) => Registry;
}

/** Versions 1 and 2, of which 2 serves; all of it old. */
const world = async (): Promise<World> => {
  const folder = join(root, `world-${count++}`);
  const store = join(folder, 'store');
  const open = (storage = openFileStorage(store)) => openRegistry({ storage, checkouts: join(folder, 'checkouts') });
  await open().register({ model: 'm', folder: await model('one'), lineage });
  await open().register({ model: 'm', folder: await model('two'), lineage });
  await open().moveAlias({ model: 'm', alias: 'serving', to: 2, by });
  for (const entry of await readdir(join(store, 'blobs'), { withFileTypes: true, recursive: true }))
    if (entry.isFile()) await utimes(join(entry.parentPath, entry.name), 0, 0);
  return { store, open };
};

/** All that is there is whole. @returns the versions' numbers */
const expectWhole = async ({ open }: World): Promise<number[]> => {
  const { versions, aliases } = await open().describe('m');
  for (const version of versions) {
    const out = await open().checkOut(version);
    const wanted = { 1: 'one', 2: 'two', 3: 'three' }[version.version];
    expect(await readFile(join(out, 'weights'), 'utf8')).toBe(wanted);
  }
  const numbers = versions.map(({ version }) => version);
  for (const to of aliases.values()) expect(numbers).toContain(to);
  return numbers;
};

/** Runs it in a process that ends at each of its operations in turn, until one comes to its end. */
const endEverywhere = async (
  run: (registry: Registry) => Promise<unknown>,
  check: (world: World, ended: boolean) => Promise<void>,
): Promise<number> => {
  for (let n = 1; ; n++)
    for (const when of ['before', 'after'] as const) {
      const there = await world();
      const ended = await run(there.open(endingAt(openFileStorage(there.store), n, when))).then(
        () => false,
        (error: unknown) => {
          if (!(error instanceof Ended)) throw error;
          return true;
        },
      );
      await check(there, ended);
      if (!ended && when === 'before') return n;
    }
};

describe('a process that ends at any step', () => {
  it('of a registration leaves no version or a whole one, and the next try makes it one', async () => {
    const folder = await model('three');
    const options = { model: 'm', folder, lineage, eventId: 'e' };
    const steps = await endEverywhere(
      (registry) => registry.register(options),
      async (there) => {
        const numbers = await expectWhole(there);
        expect([2, 3]).toContain(numbers.length);
        expect((await there.open().register(options)).version).toBe(3);
        expect(await expectWhole(there)).toEqual([1, 2, 3]);
        expect(await there.open().history('m')).toHaveLength(4);
      },
    );
    expect(steps).toBeGreaterThan(8);
  });

  it('of a move leaves the alias where it was or where it goes, once', async () => {
    const move = { model: 'm', alias: 'serving', to: 1, expected: { version: 2 }, by, eventId: 'e' };
    await endEverywhere(
      (registry) => registry.moveAlias(move),
      async (there) => {
        expect([1, 2]).toContain((await there.open().resolve('m')).version);
        await there.open().moveAlias(move);
        expect((await there.open().resolve('m')).version).toBe(1);
        expect(await there.open().history('m')).toHaveLength(4);
      },
    );
  });

  it('of a collection takes nothing that is held, and the next one takes the rest', async () => {
    const all = { keepLast: 0, keepDays: 0 };
    await endEverywhere(
      (registry) => registry.collect(all),
      async (there, ended) => {
        expect(await expectWhole(there)).toContain(2);
        // Else the next one would wait until the sweep of this one has run out.
        if (ended) await rm(join(there.store, 'sweeps'), { recursive: true, force: true });
        await there.open().collect(all);
        expect(await expectWhole(there)).toEqual([2]);
        const blobs = await readdir(join(there.store, 'blobs'), { withFileTypes: true, recursive: true });
        // Two files and a manifest.
        expect(blobs.filter((entry) => entry.isFile())).toHaveLength(3);
      },
    );
  });

  it('of a collection, between a removal and the look at leases, is made good by the next one', async () => {
    const there = await world();
    const { store, open } = there;
    const storage = openFileStorage(store);
    const ending: Storage = {
      ...storage,
      write: async (key, ...rest) => {
        if (!key.startsWith('models/m/log/')) return storage.write(key, ...rest);
        await open().lease(await open().resolve('m@1'), 'a test');
        await storage.write(key, ...rest);
        throw new Ended();
      },
    };
    const all = { keepLast: 0, keepDays: 0 };
    await expect(open(ending).collect(all)).rejects.toThrow(Ended);
    await expect(open().resolve('m@1')).rejects.toMatchObject({ code: 'not_found' });
    await open().collect(all);
    expect(await expectWhole(there)).toEqual([1, 2]);
  });
});
