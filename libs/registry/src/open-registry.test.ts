import { mkdir, mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openFileStorage, openRegistry, type Registry, type Storage } from './index.ts';

let root: string;
let count = 0;
beforeAll(async () => (root = await mkdtemp(join(tmpdir(), 'taxon-registry-'))));
afterAll(() => rm(root, { recursive: true }));

interface Place {
  folder: string;
  open: () => Registry;
}
const place = (): Place => {
  const folder = join(root, String(count++));
  return {
    folder,
    open: () => openRegistry({ storage: openFileStorage(join(folder, 'store')), checkouts: join(folder, 'checkouts') }),
  };
};
const model = async (...weights: string[]): Promise<string> => {
  const folder = join(root, `model-${count++}`);
  await mkdir(join(folder, '1_Pooling'), { recursive: true });
  await writeFile(join(folder, 'config.json'), '{"the":"same"}');
  await writeFile(join(folder, '1_Pooling', 'config.json'), '{}');
  await writeFile(join(folder, 'weights'), weights.join());
  return folder;
};
const lineage = { how: 'trained' as const };
const by = 'a test';

describe('registry', () => {
  it('keeps versions as they were registered, once a content and once an event, seen by other processes', async () => {
    const { open } = place();
    const [one, other] = [open(), open()];
    const first = await one.register({
      model: 'm',
      folder: await model('a'),
      lineage,
      scores: { test: { accuracy: 0.5 } },
    });
    const second = await other.register({ model: 'm', folder: await model('b'), lineage: { ...lineage, parent: 1 } });
    expect([first.version, second.version]).toEqual([1, 2]);
    expect((await one.register({ model: 'm', folder: await model('a'), lineage })).version).toBe(1);
    const asked = { model: 'm', lineage, eventId: 'e1' };
    expect((await one.register({ ...asked, folder: await model('c') })).version).toBe(3);
    // The same event again, though a training made other bytes of it.
    expect((await other.register({ ...asked, folder: await model('c2') })).version).toBe(3);
    const { versions } = await one.describe('m');
    expect(versions.map(({ version }) => version)).toEqual([1, 2, 3]);
    expect(await versions[1]!.manifest()).toMatchObject({ lineage: { how: 'trained', parent: 1 } });
    expect((await versions[0]!.manifest()).scores).toEqual({ test: { accuracy: 0.5 } });
    const folder = await other.checkOut(versions[1]!);
    expect(await readFile(join(folder, 'weights'), 'utf8')).toBe('b');
    expect(await readFile(join(folder, '1_Pooling', 'config.json'), 'utf8')).toBe('{}');
  });

  it('gives numbers to all who register at once, each its own', async () => {
    const { open } = place();
    const folders = await Promise.all(Array.from({ length: 12 }, (_, i) => model(String(i))));
    const versions = await Promise.all(folders.map((folder) => open().register({ model: 'm', folder, lineage })));
    expect(versions.map(({ version }) => version).sort((a, b) => a - b)).toEqual(folders.map((_, i) => i + 1));
  });

  it('moves an alias for one of those who expect it elsewhere, and tells all of it in the history', async () => {
    const registry = place().open();
    for (const weights of ['a', 'b', 'c'])
      await registry.register({ model: 'm', folder: await model(weights), lineage });
    await registry.moveAlias({ model: 'm', alias: 'serving', to: 1, expected: { version: undefined }, by });
    const moves = await Promise.allSettled(
      [2, 3, 2, 3].map((to) => registry.moveAlias({ model: 'm', alias: 'serving', to, expected: { version: 1 }, by })),
    );
    expect(moves.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    await registry.moveAlias({
      model: 'm',
      alias: 'serving',
      to: 1,
      by,
      reason: 'back',
      eventId: 'e',
      details: { p: 0.1 },
    });
    await registry.moveAlias({ model: 'm', alias: 'serving', to: 3, by, eventId: 'e' });
    expect((await registry.resolve('m')).version).toBe(1);
    expect((await registry.resolve('m@serving')).aliases).toEqual(['serving']);
    const history = await registry.history('m');
    expect(history.map(({ revision }) => revision)).toEqual([1, 2, 3, 4, 5, 6]);
    expect(history.at(-1)).toMatchObject({ by, reason: 'back', details: { p: 0.1 }, change: { kind: 'alias', to: 1 } });
  });

  it('names what there is where something is not', async () => {
    const registry = place().open();
    await expect(registry.resolve('m')).rejects.toMatchObject({
      code: 'not_found',
      message: "model 'm' does not exist; there are none yet",
    });
    await registry.register({ model: 'intents', folder: await model('a'), lineage });
    await expect(registry.resolve('intent')).rejects.toMatchObject({
      message: expect.stringContaining("did you mean 'intents'?"),
    });
    await expect(registry.resolve('intents')).rejects.toMatchObject({ code: 'failed_precondition' });
    await expect(registry.resolve('intents@7')).rejects.toMatchObject({
      message: 'intents: version 7 does not exist; there is 1',
    });
    await expect(registry.register({ model: '../x', folder: root, lineage })).rejects.toMatchObject({
      code: 'invalid_input',
    });
    await expect(registry.register({ model: 'm', folder: join(root, 'nowhere'), lineage })).rejects.toMatchObject({
      code: 'not_found',
    });
    const alias = { model: 'intents', to: 1, by };
    await expect(registry.moveAlias({ ...alias, alias: '7' })).rejects.toMatchObject({ code: 'invalid_input' });
    await expect(registry.moveAlias({ ...alias, alias: 'a', to: 9 })).rejects.toMatchObject({ code: 'not_found' });
  });

  it('believes no byte that changed, in the store or in a checkout', async () => {
    const { folder, open } = place();
    const registry = open();
    const version = await registry.register({ model: 'm', folder: await model('right'), lineage });
    const out = await registry.checkOut(version);
    await writeFile(join(out, 'weights'), 'wrong');
    expect(await readFile(join(await registry.checkOut(version), 'weights'), 'utf8')).toBe('right');
    const { files } = await version.manifest();
    const { digest } = files.find(({ path }) => path === 'weights')!;
    const blob = join(folder, 'store', 'blobs', digest.slice(0, 2), digest);
    await writeFile(blob, 'wrong');
    await rm(out, { recursive: true });
    await expect(registry.checkOut(version)).rejects.toMatchObject({
      code: 'failed_precondition',
      message: expect.stringContaining('weights of m@1 is not what was registered'),
    });
    expect(await readdir(join(folder, 'checkouts', 'm'))).toEqual([]);
    await rm(blob);
    await expect(registry.checkOut(version)).rejects.toMatchObject({ message: expect.stringContaining('is missing') });
    // Registering the same again mends it.
    await registry.register({ model: 'm', folder: await model('right'), lineage });
    expect(await readFile(join(await registry.checkOut(version), 'weights'), 'utf8')).toBe('right');
  });

  it('keeps files by their digests', async () => {
    const registry = place().open();
    const path = join(await model('rows'), 'weights');
    const digest = await registry.putFile(path);
    await registry.getFile(digest, join(root, 'back', 'rows'));
    expect(await readFile(join(root, 'back', 'rows'), 'utf8')).toBe('rows');
    await expect(registry.getFile('0'.repeat(64), join(root, 'z'))).rejects.toMatchObject({ code: 'not_found' });
    await expect(registry.getFile('../x', join(root, 'y'))).rejects.toMatchObject({ code: 'invalid_input' });
  });
});

/** Everything in the store looks as if it were old. */
const age = async (folder: string): Promise<void> => {
  for (const entry of await readdir(folder, { withFileTypes: true, recursive: true }))
    if (entry.isFile()) await utimes(join(entry.parentPath, entry.name), 0, 0);
};

describe('collection', () => {
  const all = { keepLast: 1, keepDays: 0 };

  it('removes versions that nothing holds, and bytes that no version has; a dry run tells the same and does nothing', async () => {
    const { folder, open } = place();
    const registry = open();
    for (const weights of ['a', 'b', 'c', 'd'])
      await registry.register({
        model: 'm',
        folder: await model(weights),
        lineage: { ...lineage, ...(weights === 'b' && { parent: 1 }) },
      });
    await registry.moveAlias({ model: 'm', alias: 'serving', to: 2, by });
    await age(join(folder, 'store', 'blobs'));
    const told = await registry.collect({ ...all, dryRun: true });
    expect(told.versions.map(({ version }) => version)).toEqual([1, 3]);
    expect((await registry.describe('m')).versions).toHaveLength(4);
    const done = await registry.collect(all);
    expect(done).toEqual(told);
    // Weights and manifest of each; what versions share stays.
    expect(done.objects).toBe(4);
    expect((await registry.describe('m')).versions.map(({ version }) => version)).toEqual([2, 4]);
    for (const { version } of (await registry.describe('m')).versions)
      await registry.checkOut(await registry.resolve(`m@${version}`));
    await expect(registry.resolve('m@1')).rejects.toMatchObject({ message: 'm: version 1 was removed; there is 2, 4' });
    expect((await registry.register({ model: 'm', folder: await model('e'), lineage })).version).toBe(5);
  });

  it('keeps the parents of what stays where that is asked for', async () => {
    const registry = place().open();
    for (const [i, weights] of ['a', 'b', 'c'].entries())
      await registry.register({
        model: 'm',
        folder: await model(weights),
        lineage: { ...lineage, ...(i > 0 && { parent: i }) },
      });
    expect((await registry.collect({ ...all, keepParents: true })).versions).toEqual([]);
    expect((await registry.collect(all)).versions.map(({ version }) => version)).toEqual([1, 2]);
  });

  /** A registry whose storage waits once, before it writes a key that begins so. */
  const pausing = (folder: string, prefix: string) => {
    const files = openFileStorage(join(folder, 'store'));
    let reached: () => void = () => undefined;
    let goOn: () => void = () => undefined;
    const there = new Promise<void>((resolve) => (reached = resolve));
    const released = new Promise<void>((resolve) => (goOn = resolve));
    const storage: Storage = {
      ...files,
      write: async (key, ...rest) => {
        if (key.startsWith(prefix)) {
          reached();
          await released;
        }
        return files.write(key, ...rest);
      },
    };
    return { registry: openRegistry({ storage, checkouts: join(folder, 'checkouts') }), there, goOn };
  };
  const withOldVersion = async () => {
    const { folder, open } = place();
    for (const weights of ['old', 'new']) await open().register({ model: 'm', folder: await model(weights), lineage });
    await age(join(folder, 'store', 'blobs'));
    return { folder, open };
  };

  it('believes a holder that ended without a word for three minutes, and no longer', async () => {
    const { folder, open } = await withOldVersion();
    await open().lease(await open().resolve('m@1'), 'a test');
    const leases = join(folder, 'store', 'leases', 'm', '1');
    const [name = ''] = await readdir(leases);
    const endedAgo = (ms: number): Promise<void> =>
      writeFile(join(leases, name), JSON.stringify({ holder: 'a test', until: Date.now() - ms }));
    await endedAgo(30_000);
    expect((await open().collect(all)).versions).toEqual([]);
    await endedAgo(61_000);
    expect((await open().collect(all)).versions).toHaveLength(1);
    expect(await readdir(leases)).toEqual([]);
  });

  it('gives back a version that was leased while it was being removed', async () => {
    const { folder, open } = await withOldVersion();
    const { registry, there, goOn } = pausing(folder, 'models/m/log/');
    const collecting = registry.collect(all);
    await there;
    const lease = await open().lease(await open().resolve('m@1'), 'a test');
    goOn();
    expect((await collecting).versions).toEqual([]);
    await open().checkOut(await open().resolve('m@1'));
    expect((await open().history('m')).slice(-2).map(({ change }) => change.kind)).toEqual(['removed', 'restored']);
    await lease.release();
    expect((await open().collect(all)).versions).toHaveLength(1);
  });

  it('loses nothing of a version that was being registered, of bytes that nobody held', async () => {
    const { folder, open } = await withOldVersion();
    await open().collect({ ...all, dryRun: false, signal: undefined });
    // Its bytes are there again, and old, and no version has them.
    const stored = pausing(folder, 'models/m/log/');
    const registering = stored.registry.register({ model: 'm', folder: await model('old'), lineage });
    await stored.there;
    await age(join(folder, 'store', 'blobs'));
    const { objects } = await open().collect(all);
    expect(objects).toBeGreaterThan(0);
    stored.goOn();
    const version = await registering;
    expect(await readFile(join(await open().checkOut(version), 'weights'), 'utf8')).toBe('old');
  });

  it('never touches what is leased, aliased or being registered, in whatever order things happen', async () => {
    type Act = 'register' | 'lease' | 'release' | 'alias' | 'collect' | 'check out';
    const act = fc.constantFrom<Act>('register', 'lease', 'release', 'alias', 'collect', 'check out');
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(act, { minLength: 1, maxLength: 4 }), { maxLength: 10 }),
        fc.nat(),
        async (rounds, seed) => {
          const { folder, open } = place();
          const registry = open();
          const leases: { version: number; release: () => Promise<void> }[] = [];
          let made = 0;
          const pick = async () => {
            const { versions } = await registry.describe('m');
            return versions[seed % versions.length]!;
          };
          await registry.register({ model: 'm', folder: await model('0'), lineage });
          const acts: Record<Act, () => Promise<unknown>> = {
            // Old contents come again: their bytes may just be going.
            register: async () => {
              const version = await open().register({ model: 'm', folder: await model(String(made++ % 3)), lineage });
              await open()
                .checkOut(version)
                .catch(async (error: unknown) => {
                  // Removed as a version again meanwhile: then, and only then, it may be gone.
                  await expect(registry.resolve(`m@${version.version}`)).rejects.toMatchObject({ code: 'not_found' });
                  return error;
                });
            },
            lease: async () => {
              const version = await pick();
              const lease = await registry.lease(version, 'a test').catch(() => undefined);
              if (lease !== undefined) leases.push({ version: version.version, release: () => lease.release() });
            },
            release: async () => leases.pop()?.release(),
            alias: async () => {
              const { version } = await pick();
              await registry.moveAlias({ model: 'm', alias: 'serving', to: version, by }).catch(() => undefined);
            },
            collect: async () => {
              await age(join(folder, 'store', 'blobs')).catch(() => undefined);
              await open().collect(all);
            },
            'check out': async () => registry.checkOut(await pick()).catch(() => undefined),
          };
          for (const round of rounds) {
            await Promise.all(round.map((one) => acts[one]()));
            await rm(join(folder, 'checkouts'), { recursive: true, force: true });
            const state = await registry.describe('m');
            for (const version of [...leases.map((lease) => lease.version), ...state.aliases.values()])
              await registry.checkOut(await registry.resolve(`m@${version}`));
          }
          await Promise.all(leases.map((lease) => lease.release()));
        },
      ),
      { numRuns: 40 },
    );
  }, 60_000);
});
