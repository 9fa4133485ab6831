import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { nearestName, TaxonError } from '@taxon/errors';
import { expectAlias, expectName } from './names.ts';
import type { Cause, HistoryEntry, Manifest, ModelState, ModelVersion, RegisterOptions, Registry } from './registry.ts';
import type { Storage } from './storage/storage.ts';
import { blobKey, digestOfBytes, digestOfFile, fetchFile, storeFile } from './versions/blobs.ts';
import { checkOutVersion, sweepCheckouts } from './versions/check-out.ts';
import { openChangeLog, type ChangeLog } from './versions/change-log.ts';
import { collectVersions } from './versions/collect.ts';
import { foldHistory, type FoldedState, type KnownVersion } from './versions/fold-history.ts';
import { isLeased, openLease } from './versions/leases.ts';
import { describeFolder, manifestBytes, readManifest } from './versions/manifest.ts';
import { isSweeping, newestSweep } from './versions/sweeps.ts';

export interface OpenRegistryOptions {
  storage: Storage;
  /** Where versions are put for use. @default below the storage, where that is a folder */
  checkouts: string;
}

/** Two writers rarely meet; so many times in a row means that something is wrong. */
const mostTries = 100;
const filePrefix = 'files/';

const toModelVersion = (
  storage: Storage,
  model: string,
  { version, createdAt, contentDigest, manifestDigest, bytes }: KnownVersion,
  { aliases }: FoldedState,
): ModelVersion => ({
  ...{ model, version, createdAt, contentDigest, bytes },
  aliases: [...aliases].flatMap(([alias, to]) => (to === version ? [alias] : [])).sort(),
  manifest: () => readManifest(storage, manifestDigest, `${model}@${version}`),
});

/** @throws TaxonError `not_found` with the versions there are */
const expectVersion = (model: string, version: number, { versions }: FoldedState): KnownVersion => {
  const known = versions.get(version);
  if (known !== undefined && !known.removed) return known;
  const there = [...versions.values()].filter(({ removed }) => !removed).map((each) => each.version);
  throw new TaxonError({
    code: 'not_found',
    message: `${model}: version ${version} ${known === undefined ? 'does not exist' : 'was removed'}; there is ${there.join(', ') || 'none'}`,
  });
};

/** @throws TaxonError as `Storage`, when it is used */
export const openRegistry = ({ storage, checkouts }: OpenRegistryOptions): Registry => {
  const logs = new Map<string, ChangeLog>();
  const logOf = (model: string): ChangeLog => {
    const known = logs.get(expectName(model, 'model')) ?? openChangeLog(storage, model);
    logs.set(model, known);
    return known;
  };
  const models = async (): Promise<string[]> => {
    const found = new Set<string>();
    for await (const { key } of storage.list('models/')) found.add(key.split('/')[1]!);
    return [...found].sort();
  };
  const foldOf = async (model: string): Promise<FoldedState> => foldHistory(await logOf(model).read());
  const knownFold = async (model: string): Promise<FoldedState> => {
    const state = await foldOf(model);
    if (state.revision > 0) return state;
    const names = await models();
    const near = nearestName(model, names);
    const known = names.length === 0 ? 'there are none yet' : `known: ${names.join(', ')}`;
    throw new TaxonError({
      code: 'not_found',
      message: `model '${model}' does not exist; ${near === undefined ? known : `did you mean '${near}'?`}`,
      ...(names.length === 0 && { hint: 'taxon models register NAME FOLDER' }),
    });
  };
  const toVersion = (model: string, known: KnownVersion, state: FoldedState): ModelVersion =>
    toModelVersion(storage, model, known, state);

  /**
   * Makes a change of what the state is then, and commits it; looks again when somebody else was quicker.
   * @param decide undefined: nothing is to be done
   */
  const commit = async (
    model: string,
    { by, reason = '', details, eventId }: Cause,
    decide: (state: FoldedState) => HistoryEntry['change'] | undefined,
  ): Promise<HistoryEntry | undefined> => {
    for (let tries = 0; tries < mostTries; tries++) {
      const state = await foldOf(model);
      const before = eventId === undefined ? undefined : state.byEvent.get(eventId);
      if (before !== undefined) return before;
      const change = decide(state);
      if (change === undefined) return undefined;
      const entry: HistoryEntry = {
        ...{ revision: state.revision + 1, at: new Date(), by, change, reason },
        ...(details !== undefined && { details }),
        ...(eventId !== undefined && { eventId }),
      };
      if (await logOf(model).append(entry)) return entry;
    }
    throw new TaxonError({ code: 'unavailable', message: `${storage.place}: model ${model} is changed all the time` });
  };

  const storeAll = async (
    folder: string,
    manifest: Manifest,
    { onProgress, signal }: Pick<RegisterOptions, 'onProgress' | 'signal'>,
  ): Promise<string> => {
    const total = manifest.files.reduce((sum, { bytes }) => sum + bytes, 0);
    let done = 0;
    for (const { path, digest, bytes } of manifest.files) {
      await storeFile(storage, { path: join(folder, path), digest, bytes }, { signal });
      onProgress?.((done += bytes), total);
    }
    const bytes = manifestBytes(manifest);
    const digest = digestOfBytes(bytes);
    await storage.write(blobKey(digest), bytes);
    return digest;
  };
  const settledSweep = async (signal?: AbortSignal) => {
    for (;;) {
      const sweep = await newestSweep(storage);
      if (!isSweeping(sweep)) return sweep;
      await setTimeout(200, undefined, { signal });
    }
  };

  const register = async (options: RegisterOptions): Promise<ModelVersion> => {
    const { model, folder, by = 'taxon', eventId, reason, details, signal } = options;
    expectName(model, 'model');
    const manifest = await describeFolder(options);
    const { contentDigest } = manifest;
    let sweep = await settledSweep(signal);
    const manifestDigest = await storeAll(folder, manifest, options);
    const bytes = manifest.files.reduce((sum, file) => sum + file.bytes, 0);
    let same: number | undefined;
    const entry = await commit(model, { by, eventId, reason, details }, ({ versions }) => {
      same = [...versions.values()].find((each) => each.contentDigest === contentDigest && !each.removed)?.version;
      if (same !== undefined) return undefined;
      return { kind: 'registered', version: versions.size + 1, contentDigest, manifestDigest, bytes };
    });
    // What a sweep that began meanwhile did not know of.
    for (let now = await settledSweep(signal); now.number !== sweep.number; now = await settledSweep(signal)) {
      sweep = now;
      await storeAll(folder, manifest, { signal });
    }
    const version = entry?.change.kind === 'registered' ? entry.change.version : same!;
    const state = await foldOf(model);
    return toVersion(model, expectVersion(model, version, state), state);
  };

  return {
    place: storage.place,
    models,
    describe: async (model): Promise<ModelState> => {
      const state = await knownFold(model);
      const versions = [...state.versions.values()].filter(({ removed }) => !removed);
      return {
        ...{ model, aliases: state.aliases, revision: state.revision },
        versions: versions.map((known) => toVersion(model, known, state)),
      };
    },
    resolve: async (reference) => {
      const [, model = '', what = 'serving'] = /^([^@]*)(?:@(.*))?$/s.exec(reference) ?? [];
      const state = await knownFold(model);
      if (/^\d+$/.test(what)) return toVersion(model, expectVersion(model, Number(what), state), state);
      const version = state.aliases.get(expectAlias(what));
      if (version !== undefined) return toVersion(model, expectVersion(model, version, state), state);
      const names = [...state.aliases.keys()].sort();
      throw new TaxonError({
        code: what === 'serving' ? 'failed_precondition' : 'not_found',
        message: `${model}: nothing is called '${what}'; ${names.length === 0 ? 'there are no aliases' : `known: ${names.join(', ')}`}`,
        hint: `taxon models alias ${model} ${what} VERSION`,
      });
    },
    register,
    checkOut: (version, options) => checkOutVersion(storage, checkouts, version, options),
    moveAlias: async ({ model, alias, to, expected, ...cause }) => {
      expectAlias(alias);
      await knownFold(model);
      const entry = await commit(model, cause, (state) => {
        const from = state.aliases.get(alias);
        if (expected !== undefined && expected.version !== from)
          throw new TaxonError({
            code: 'failed_precondition',
            message: `${model}: '${alias}' points at ${from ?? 'nothing'}, not at ${expected.version ?? 'nothing'} as expected`,
          });
        if (to !== undefined) expectVersion(model, to, state);
        return { kind: 'alias', alias, from, to };
      });
      return entry!;
    },
    note: async ({ model, version, ...cause }) => {
      await knownFold(model);
      return (await commit(model, cause, () => ({ kind: 'note', version })))!;
    },
    history: async (model) => {
      await knownFold(model);
      return [...(await logOf(model).read())];
    },
    lease: async ({ model, version }, holder) => {
      const lease = await openLease(storage, { model, version, holder });
      try {
        // After the lease is there: a collection that did not see it has told so in the log by now.
        expectVersion(model, version, await foldOf(model));
        return lease;
      } catch (error) {
        await lease.release();
        throw error;
      }
    },
    collect: async (options) => {
      const ground = {
        storage,
        models,
        foldOf,
        commit,
        isLeased: (model: string, version: number) => isLeased(storage, model, version),
      };
      const collected = await collectVersions(ground, options);
      if (!options?.dryRun) await sweepCheckouts(checkouts, async (model) => (await foldOf(model)).versions);
      return collected;
    },
    putFile: async (path, signal) => {
      const { digest, bytes } = await digestOfFile(path, signal);
      await storeFile(storage, { path, digest, bytes }, { signal, key: `${filePrefix}${digest}` });
      return digest;
    },
    getFile: async (digest, target, signal) => {
      if (!/^[0-9a-f]{64}$/.test(digest))
        throw new TaxonError({
          code: 'invalid_input',
          message: `${JSON.stringify(digest.slice(0, 100))} is no SHA-256`,
        });
      if ((await storage.stat(`${filePrefix}${digest}`)) === undefined)
        throw new TaxonError({
          code: 'not_found',
          message: `${storage.place}: file ${digest} is missing`,
          hint: 'Files of rows are kept for 90 days; put it there again.',
        });
      await fetchFile(storage, { digest, key: `${filePrefix}${digest}`, what: `file ${digest}` }, { target, signal });
    },
  };
};
