import { ModelState } from '@taxon/contracts';
import { TaxonError } from '@taxon/errors';
import type { Classifier } from '@taxon/models';
import type { Logger } from '@taxon/service';
import { loadModel, type LoadedModel } from './loaded-model.ts';
import type { InferenceMetrics } from './metrics.ts';
import type { ModelSource, Target } from './model-source.ts';

export interface PoolEntry {
  readonly state: ModelState;
  readonly loaded: LoadedModel | undefined;
  readonly shadow: LoadedModel | undefined;
  /** Why nothing is loaded, or why what should answer now does not. */
  readonly problem: string;
}

export interface ModelPool {
  /**
   * What answers under the name now; loads it where nothing is loaded, once for all who wait. A load that failed is tried again. A
   * call asks the model that it was given to the end, so that no answer is of two versions.
   */
  get(name: string): Promise<LoadedModel>;
  /**
   * Sees to it that what should answer does, where the model is loaded at all; failures are told by `describe`, metrics and log.
   * @param again also tries a version that failed a short while ago
   */
  refresh(name: string, again?: boolean): Promise<void>;
  /** Names that are loaded or being loaded. */
  names(): string[];
  describe(name: string): PoolEntry;
  dispose(): Promise<void>;
}

export interface ModelPoolOptions {
  source: ModelSource;
  load: (folder: string) => Promise<Classifier>;
  metrics: InferenceMetrics;
  log: Logger;
}

interface Slot {
  /** The first load. */
  loading: Promise<LoadedModel>;
  state: ModelState;
  loaded: LoadedModel | undefined;
  shadow: LoadedModel | undefined;
  problem: string;
  /** Swaps of one name follow each other. */
  swapping: Promise<void>;
  /** Versions that could not be loaded, and when, by `performance.now()`. */
  failed: Map<number, number>;
}

/** A version that failed is not tried at every look at the registry, in ms. */
const failedFor = 5 * 60_000;

const available: PoolEntry = {
  state: ModelState.MODEL_STATE_AVAILABLE,
  loaded: undefined,
  shadow: undefined,
  problem: '',
};

const stopped = (): TaxonError => new TaxonError({ code: 'unavailable', message: 'the service has stopped' });

/** Keeps models in memory by name, and changes their versions under way. */
export const createModelPool = ({ source, load, metrics, log }: ModelPoolOptions): ModelPool => {
  const slots = new Map<string, Slot>();
  /** Versions that no longer answer, until their last call has ended. */
  const retiring = new Set<Promise<void>>();
  let closed = false;

  const open = async (name: string, version: number): Promise<LoadedModel> => {
    const checkout = await source.checkout(name, version).catch((error: unknown) => {
      metrics.loads.inc({ model: name, outcome: 'failed' });
      throw error;
    });
    return loadModel({ name, checkout, load, metrics });
  };

  const retire = (model: LoadedModel | undefined): void => {
    if (model === undefined) return;
    const done = model.retire().finally(() => retiring.delete(done));
    retiring.add(done);
  };

  const loadFirst = async (name: string, slot: Slot): Promise<LoadedModel> => {
    try {
      const { version } = await source.target(name);
      const loaded = await open(name, version);
      if (closed) {
        retire(loaded);
        throw stopped();
      }
      slot.loaded = loaded;
      slot.state = ModelState.MODEL_STATE_LOADED;
      metrics.version.set({ model: name }, version);
      log.info({ model: name, version, labels: loaded.classifier.labels.length }, 'model loaded');
      return loaded;
    } catch (error) {
      slot.state = ModelState.MODEL_STATE_FAILED;
      slot.problem = TaxonError.from(error).message;
      throw error;
    }
  };

  const begin = (name: string): Slot => {
    const slot: Slot = {
      loading: undefined as unknown as Promise<LoadedModel>,
      ...{ state: ModelState.MODEL_STATE_LOADING, loaded: undefined, shadow: undefined },
      ...{ problem: '', swapping: Promise.resolve(), failed: new Map<number, number>() },
    };
    slots.set(name, slot);
    slot.loading = loadFirst(name, slot);
    // The shadow is nobody's to wait for.
    slot.loading.then(() => refresh(name)).catch(() => undefined);
    return slot;
  };

  /** The version that was asked for, beside what is there; undefined where it cannot be had. */
  const openOrTell = async (name: string, slot: Slot, version: number, what: string) => {
    if (performance.now() - (slot.failed.get(version) ?? -Infinity) < failedFor) return undefined;
    try {
      const opened = await open(name, version);
      slot.failed.delete(version);
      if (!closed) return opened;
      retire(opened);
    } catch (error) {
      if (closed) return undefined;
      const kept = slot.loaded!.version;
      slot.failed.set(version, performance.now());
      slot.problem = `version ${version} cannot be loaded: ${TaxonError.from(error).message}`;
      log.error({ err: error, model: name, version, kept }, `${what} cannot be loaded; version ${kept} goes on`);
    }
    return undefined;
  };

  const swap = async (name: string, slot: Slot, again: boolean): Promise<void> => {
    if (again) slot.failed.clear();
    if (closed || slot.loaded === undefined) return;
    let target: Target;
    try {
      target = await source.target(name);
    } catch (error) {
      slot.problem = `what should answer is not known: ${TaxonError.from(error).message}`;
      return log.error({ err: error, model: name }, 'what should answer is not known');
    }
    const { version } = target;
    if (![version, target.shadow].some((wanted) => slot.failed.has(wanted ?? -1))) slot.problem = '';
    if (version !== slot.loaded.version) {
      // A shadow that is promoted is loaded and warm already.
      const ready = slot.shadow?.version === version ? slot.shadow : undefined;
      const next = ready ?? (await openOrTell(name, slot, version, 'promoted version'));
      if (next !== undefined) {
        const previous = slot.loaded;
        if (ready !== undefined) slot.shadow = undefined;
        slot.loaded = next;
        slot.loading = Promise.resolve(next);
        metrics.version.set({ model: name }, version);
        metrics.swaps.inc({ model: name });
        log.info({ model: name, version, previous: previous.version }, 'model swapped');
        retire(previous);
      }
    }
    await changeShadow(name, slot, target);
  };

  const changeShadow = async (name: string, slot: Slot, { shadow: wanted }: Target): Promise<void> => {
    const version = wanted === slot.loaded!.version ? undefined : wanted;
    if (version === slot.shadow?.version) return;
    const previous = slot.shadow;
    slot.shadow = undefined;
    retire(previous);
    if (version === undefined) return log.info({ model: name, previous: previous!.version }, 'shadow ended');
    slot.shadow = await openOrTell(name, slot, version, 'shadow version');
    if (slot.shadow !== undefined) log.info({ model: name, version }, 'shadow answers beside');
  };

  const refresh = (name: string, again = false): Promise<void> => {
    const slot = slots.get(name);
    if (slot === undefined || closed) return Promise.resolve();
    slot.swapping = slot.swapping.then(() => swap(name, slot, again));
    return slot.swapping;
  };

  return {
    get: (name) => {
      if (closed) return Promise.reject(stopped());
      const slot = slots.get(name);
      const usable = slot !== undefined && slot.state !== ModelState.MODEL_STATE_FAILED;
      return (usable ? slot : begin(name)).loading;
    },
    refresh,
    names: () => [...slots.keys()],
    describe: (name) => slots.get(name) ?? available,
    dispose: async () => {
      closed = true;
      const all = [...slots.values()];
      await Promise.allSettled(all.flatMap(({ loading, swapping }) => [loading, swapping]));
      for (const { loaded, shadow } of all) for (const model of [loaded, shadow]) retire(model);
      await Promise.all([...retiring]);
    },
  };
};
