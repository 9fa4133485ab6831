import type { Cause, CollectOptions, Collected, HistoryEntry } from '../registry.ts';
import type { Storage, StoredObject } from '../storage/storage.ts';
import { blobKey, blobPrefix } from './blobs.ts';
import type { FoldedState, KnownVersion } from './fold-history.ts';
import { readManifest } from './manifest.ts';
import { beginSweep, continueSweep, endSweep } from './sweeps.ts';

/** What a collection needs of the registry. */
interface Ground {
  storage: Storage;
  models: () => Promise<string[]>;
  foldOf: (model: string) => Promise<FoldedState>;
  commit: (
    model: string,
    cause: Cause,
    decide: (state: FoldedState) => HistoryEntry['change'] | undefined,
  ) => Promise<HistoryEntry | undefined>;
  isLeased: (model: string, version: number) => Promise<boolean>;
}

const day = 86_400_000;
/** Objects that a registration under way may just have stored, in ms. */
const young = 60 * 60_000;
/** Of files that were put by their digests, in days. */
const keepFilesDays = 90;

const cause: Cause = { by: 'taxon models gc', reason: 'nothing holds it' };

/** Versions that neither an alias, nor age, nor number holds. */
const unheld = (
  { versions, aliases }: FoldedState,
  { keepLast = 5, keepDays = 7 }: CollectOptions,
  parents: ReadonlySet<number>,
): KnownVersion[] => {
  const there = [...versions.values()].filter(({ removed }) => !removed);
  const held = new Set([
    ...aliases.values(),
    ...parents,
    ...there.slice(-keepLast || there.length).map((one) => one.version),
  ]);
  const oldest = Date.now() - keepDays * day;
  return there.filter(({ version, createdAt }) => !held.has(version) && createdAt.getTime() < oldest);
};

/** The chain of versions that what stays was made of. */
const parentsOf = async (storage: Storage, model: string, state: FoldedState): Promise<Set<number>> => {
  const parents = new Set<number>();
  for (const { version, manifestDigest, removed } of state.versions.values()) {
    if (removed) continue;
    const { lineage } = await readManifest(storage, manifestDigest, `${model}@${version}`);
    if (lineage.parent !== undefined) parents.add(lineage.parent);
  }
  return parents;
};

/**
 * A version goes in two steps: the log says that it is removed, then the leases are looked at once more. Who takes a lease writes it
 * first and looks at the log afterwards; so either the lease is seen here, and the version comes back, or its holder sees the removal.
 */
const removeVersions = async (
  ground: Ground,
  options: CollectOptions,
): Promise<{ model: string; version: number; bytes: number }[]> => {
  const removed: { model: string; version: number; bytes: number }[] = [];
  for (const model of await ground.models()) {
    const state = await ground.foldOf(model);
    const parents = options.keepParents ? await parentsOf(ground.storage, model, state) : new Set<number>();
    for (const { version, bytes } of unheld(state, options, parents)) {
      options.signal?.throwIfAborted();
      if (await ground.isLeased(model, version)) continue;
      if (!options.dryRun) {
        // An alias may have been moved to it meanwhile.
        const entry = await ground.commit(model, cause, (now) =>
          unheld(now, options, parents).some((one) => one.version === version)
            ? { kind: 'removed', version }
            : undefined,
        );
        if (entry === undefined) continue;
        if (await ground.isLeased(model, version)) {
          await ground.commit(model, { ...cause, reason: 'a lease came between' }, () => ({
            kind: 'restored',
            version,
          }));
          continue;
        }
      }
      removed.push({ model, version, bytes });
    }
  }
  return removed;
};

/**
 * Versions that were removed while somebody leased them, by a collection that ended before it gave them back. Within a sweep: no other
 * takes their bytes meanwhile.
 */
const restoreLeased = async ({ storage, foldOf, commit, isLeased }: Ground): Promise<void> => {
  const leased = new Set<string>();
  for await (const { key } of storage.list('leases/')) leased.add(key.split('/').slice(1, 3).join('@'));
  for (const reference of leased) {
    const [model = '', number] = reference.split('@');
    const known = (await foldOf(model)).versions.get(Number(number));
    if (!known?.removed || !(await isLeased(model, known.version))) continue;
    // One that is long gone may be asked for at this moment, in vain.
    const files = await readManifest(storage, known.manifestDigest, reference).then(
      (manifest) => manifest.files,
      () => undefined,
    );
    if (files === undefined) continue;
    const there = await Promise.all(files.map(({ digest }) => storage.stat(blobKey(digest))));
    if (there.every((object) => object !== undefined))
      await commit(model, { ...cause, reason: 'it is leased' }, (now) =>
        now.versions.get(known.version)?.removed ? { kind: 'restored', version: known.version } : undefined,
      );
  }
};

/** Blobs of the versions that stay. @param goOn false: no time is left */
const heldBlobs = async (
  { storage, models, foldOf }: Ground,
  gone: ReadonlySet<string>,
  goOn: () => Promise<boolean>,
): Promise<Set<string>> => {
  const held = new Set<string>();
  for (const model of await models())
    for (const { version, manifestDigest, removed } of (await foldOf(model)).versions.values()) {
      if (removed || gone.has(`${model}@${version}`)) continue;
      if (!(await goOn())) return held;
      held.add(blobKey(manifestDigest));
      const { files } = await readManifest(storage, manifestDigest, `${model}@${version}`);
      for (const { digest } of files) held.add(blobKey(digest));
    }
  return held;
};

/** What no version holds, and files that are old. @param goOn asked before each step; false ends it */
async function* unheldObjects(
  ground: Ground,
  gone: ReadonlySet<string>,
  goOn: () => Promise<boolean>,
): AsyncGenerator<StoredObject> {
  const { storage } = ground;
  const held = await heldBlobs(ground, gone, goOn);
  for await (const object of storage.list(blobPrefix)) {
    if (!(await goOn())) return;
    if (!held.has(object.key) && object.modified.getTime() < Date.now() - young) yield object;
  }
  for await (const object of storage.list('files/')) {
    if (!(await goOn())) return;
    if (object.modified.getTime() < Date.now() - keepFilesDays * day) yield object;
  }
}

/** All of a registry's: a bucket may hold other things. */
const prefixes = ['models/', blobPrefix, 'files/', 'leases/', 'sweeps/'];
/** Unfinished objects of writers that were killed, in days. */
const keepUnfinishedDays = 1;

export const collectVersions = async (ground: Ground, options: CollectOptions = {}): Promise<Collected> => {
  const { storage } = ground;
  const { dryRun = false, signal } = options;
  const versions = await removeVersions(ground, options);
  const gone = new Set(versions.map(({ model, version }) => `${model}@${version}`));
  const found = { objects: 0, bytes: 0 };
  const count = ({ bytes }: StoredObject): void => {
    found.objects++;
    found.bytes += bytes;
  };
  if (dryRun) {
    const goOn = (): Promise<boolean> => Promise.resolve(signal?.aborted !== true);
    for await (const object of unheldObjects(ground, gone, goOn)) count(object);
    signal?.throwIfAborted();
    return { versions, ...found };
  }
  // Before it looks at what is held: who registers from here on looks after its bytes itself.
  let sweep = await beginSweep(storage);
  // Another collection is at it.
  if (sweep === undefined) return { versions, ...found };
  const { number } = sweep;
  const goOn = async (): Promise<boolean> => {
    sweep = sweep && (await continueSweep(storage, sweep));
    return sweep !== undefined && signal?.aborted !== true;
  };
  try {
    await restoreLeased(ground);
    for await (const object of unheldObjects(ground, gone, goOn)) {
      await storage.remove(object.key);
      count(object);
    }
    const before = new Date(Date.now() - keepUnfinishedDays * day);
    for (const prefix of prefixes) await storage.removeUnfinished(prefix, before);
  } finally {
    // One that ran out may have been followed by another already: then its end says nothing.
    await endSweep(storage, number);
  }
  signal?.throwIfAborted();
  return { versions, ...found };
};
