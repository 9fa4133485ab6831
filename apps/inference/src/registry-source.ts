import { TaxonError, invalidInput, nearestName } from '@taxon/errors';
import type { Registry } from '@taxon/registry';
import type { ModelSource } from './model-source.ts';

/** What serves, and what answers beside it, unseen. */
export const [servingAlias, shadowAlias] = ['serving', 'shadow'];

const reference = /^([A-Za-z0-9][A-Za-z0-9._-]{0,99})(?:@([A-Za-z][A-Za-z0-9._-]{0,99}|[1-9][0-9]{0,8}))?$/;

export interface Reference {
  model: string;
  /** Of a fixed version its number. */
  alias: string;
  /** Answers for as long as the service runs, wherever aliases point. */
  fixed?: number;
}

/** `NAME`, `NAME@ALIAS` or `NAME@VERSION`; undefined for what can be no such thing, such as a path. */
export const parseReference = (text: string): Reference | undefined => {
  const [, model, alias = servingAlias] = reference.exec(text) ?? [];
  if (model === undefined) return undefined;
  return { model, alias, ...(/^\d/.test(alias) && { fixed: Number(alias) }) };
};

/** A model's own name, under whichever it is served. */
export const ownName = (name: string): string => parseReference(name)?.model ?? name;

/** Names are looked up at every call that does not say which model it means; a look at the registry serves for so long, in ms. */
const lookFor = 1000;

/** Under which a model is asked for: its own name, where it is what serves. */
const nameOf = ({ model, alias }: { model: string; alias: string }): string =>
  alias === servingAlias ? model : `${model}@${alias}`;

export interface RegistrySourceOptions {
  registry: Registry;
  /** `NAME`, `NAME@ALIAS` or `NAME@VERSION`. */
  given: readonly string[];
  /** Who holds what is served, for the registry's leases. */
  holder: string;
  signal: AbortSignal;
}

/**
 * Models of a registry: those that are given, and all that have a version that serves.
 * @throws TaxonError `invalid_input` for what is no reference
 */
export const registrySource = ({ registry, given, holder, signal }: RegistrySourceOptions): ModelSource => {
  const names = given.map((text) => {
    const parsed = parseReference(text);
    if (parsed === undefined)
      throw invalidInput(
        `models: ${JSON.stringify(text)} names no model of a registry; write NAME, NAME@ALIAS or NAME@VERSION`,
      );
    return nameOf(parsed);
  });

  const look = async (): Promise<string[]> => {
    const all = await registry.models();
    const states = await Promise.all(all.map((model) => registry.describe(model)));
    const serving = states.filter(({ aliases }) => aliases.has(servingAlias)).map(({ model }) => model);
    return [...new Set([...names, ...serving])].sort();
  };
  let looked: { at: number; names: Promise<string[]> } | undefined;
  const list = (): Promise<string[]> => {
    if (looked !== undefined && performance.now() - looked.at < lookFor) return looked.names;
    const names = look();
    looked = { at: performance.now(), names };
    names.catch(() => (looked = undefined));
    return names;
  };

  const describe = async (name: string) => {
    const { model, alias, fixed } = parseReference(name)!;
    return { ...(await registry.describe(model)), alias, fixed };
  };

  return {
    given: names,
    list,
    resolve: async (name = '') => {
      const known = await list();
      if (known.includes(name)) return name;
      const near = nearestName(name, known);
      throw new TaxonError({
        code: 'not_found',
        message: `model: '${name}' does not exist; ${near === undefined ? `known: ${known.join(', ') || 'none'}` : `did you mean '${near}'?`}`,
      });
    },
    target: async (name) => {
      const { model, alias, fixed, aliases } = await describe(name);
      if (fixed !== undefined) return { version: fixed };
      const version = aliases.get(alias);
      if (version === undefined)
        throw new TaxonError({
          code: 'failed_precondition',
          message: `model: '${model}' has no version with the alias '${alias}'`,
          hint: `taxon models alias ${model} ${alias} VERSION`,
        });
      return { version, shadow: alias === servingAlias ? aliases.get(shadowAlias) : undefined };
    },
    checkout: async (name, number) => {
      const { model, versions } = await describe(name);
      const version = versions.find((candidate) => candidate.version === number);
      if (version === undefined)
        throw new TaxonError({ code: 'not_found', message: `model: version ${number} of '${model}' does not exist` });
      // Before its files are read: from here on nobody collects them.
      const lease = await registry.lease(version, holder);
      try {
        return {
          version: number,
          folder: await registry.checkOut(version, { signal }),
          release: () => lease.release(),
        };
      } catch (error) {
        await lease.release();
        throw error;
      }
    },
  };
};

/** Models of both; a name that both know is the first one's. */
export const eitherSource = (first: ModelSource, second: ModelSource): ModelSource => {
  const list = async (): Promise<string[]> =>
    [...new Set((await Promise.all([first.list(), second.list()])).flat())].sort();
  const of = async (name: string): Promise<ModelSource> => ((await first.list()).includes(name) ? first : second);
  return {
    given: [...first.given, ...second.given],
    list,
    resolve: async (name = '') => {
      const known = await list();
      if (name !== '' && known.includes(name)) return name;
      if (name === '' && known.length === 1) return known[0]!;
      if (name === '' && known.length > 1)
        throw invalidInput(`model: missing, and there are several: ${known.join(', ')}`);
      const near = nearestName(name, known);
      // The second one's own words, unless the first knows something nearer.
      if (near === undefined || known.length === 0) return second.resolve(name);
      throw new TaxonError({
        code: 'not_found',
        message: `model: '${name.slice(0, 200)}' does not exist; did you mean '${near}'?`,
      });
    },
    target: async (name) => (await of(name)).target(name),
    checkout: async (name, version) => (await of(name)).checkout(name, version),
  };
};
