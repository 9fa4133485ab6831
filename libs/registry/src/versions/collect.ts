import type { Cause, CollectOptions, Collected, HistoryEntry } from '../registry.ts';
import type { Storage } from '../storage/storage.ts';
import { blobKey, blobPrefix } from './blobs.ts';
import type { FoldedState, KnownVersion } from './fold-history.ts';
import { readManifest } from './manifest.ts';
import { beginSweep, endSweep, sweepTerm } from './sweeps.ts';

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
/** Clocks of two machines may differ by so much, in ms: who registers must not think that it is over before it is. */
const clockSkew = 60_000;
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

/** Blobs of the versions that stay. */
const heldBlobs = async ({ storage, models, foldOf }: Ground, gone: ReadonlySet<string>): Promise<Set<string>> => {
  const held = new Set<string>();
  for (const model of await models())
    for (const { version, manifestDigest, removed } of (await foldOf(model)).versions.values()) {
      if (removed || gone.has(`${model}@${version}`)) continue;
      held.add(blobKey(manifestDigest));
      const { files } = await readManifest(storage, manifestDigest, `${model}@${version}`);
      for (const { digest } of files) held.add(blobKey(digest));
    }
  return held;
};

export const collectVersions = async (ground: Ground, options: CollectOptions = {}): Promise<Collected> => {
  const { storage } = ground;
  const { dryRun = false, signal } = options;
  const versions = await removeVersions(ground, options);
  // Before it looks at what is held: who registers from here on looks after its bytes itself.
  const sweep = dryRun ? { number: 0, until: Date.now() + sweepTerm } : await beginSweep(storage);
  // Another collection is at it.
  if (sweep === undefined) return { versions, objects: 0, bytes: 0 };
  const found = { objects: 0, bytes: 0 };
  const take = async (key: string, bytes: number): Promise<void> => {
    found.objects++;
    found.bytes += bytes;
    if (!dryRun) await storage.remove(key);
  };
  try {
    const held = await heldBlobs(ground, new Set(versions.map(({ model, version }) => `${model}@${version}`)));
    for await (const { key, bytes, modified } of storage.list(blobPrefix, signal)) {
      if (Date.now() > sweep.until - clockSkew) break;
      if (!held.has(key) && modified.getTime() < Date.now() - young) await take(key, bytes);
    }
    for await (const { key, bytes, modified } of storage.list('files/', signal))
      if (modified.getTime() < Date.now() - keepFilesDays * day) await take(key, bytes);
  } finally {
    if (!dryRun) await endSweep(storage, sweep);
  }
  return { versions, ...found };
};
