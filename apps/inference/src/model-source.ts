import type { ModelRegistry } from '@taxon/registry';

/** A version's folder, ours until it is released. */
export interface Checkout {
  /** 0 of a model that is a plain folder. */
  readonly version: number;
  readonly folder: string;
  /** What is served is never collected; this gives it free. */
  release(): Promise<void>;
}

/** Which versions of a model should answer now. */
export interface Target {
  readonly version: number;
  /** Answers sampled calls beside, unseen. */
  readonly shadow?: number;
}

/** Where models come from. */
export interface ModelSource {
  /** Names of those that are loaded at the start. */
  readonly given: readonly string[];
  /** All names, sorted. */
  list(): Promise<string[]>;
  /**
   * The model of that name; without a name, the only one there is.
   * @throws TaxonError `not_found` with the nearest name, `invalid_input` when a name is needed or is no name
   */
  resolve(name?: string): Promise<string>;
  target(name: string): Promise<Target>;
  checkout(name: string, version: number): Promise<Checkout>;
}

/** Models that are plain folders: one version each, for ever. */
export const folderSource = (registry: ModelRegistry): ModelSource => ({
  given: registry.given.map(({ name }) => name),
  list: async () => (await registry.list()).map(({ name }) => name),
  resolve: async (name) => (await registry.resolve(name)).name,
  target: () => Promise.resolve({ version: 0 }),
  checkout: async (name) => {
    const { folder } = await registry.resolve(name);
    return { version: 0, folder, release: () => Promise.resolve() };
  },
});
