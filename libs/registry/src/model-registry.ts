import { existsSync } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { TaxonError, invalidInput, nearestName } from '@taxon/errors';
import { isName, nameRule } from './names.ts';

export interface RegisteredModel {
  readonly name: string;
  /** Absolute. */
  readonly folder: string;
}

export interface ModelRegistryOptions {
  /** A folder of model folders, named by them; read anew at every question, so that new models appear. It need not exist. */
  folder?: string;
  /** `name=path`, or a path alone, which is named by its last part. They win over the folder's models of the same name. */
  models?: readonly string[];
}

export interface ModelRegistry {
  /** The models that were given one by one. */
  readonly given: readonly RegisteredModel[];
  /** All models, by name. */
  list(): Promise<RegisteredModel[]>;
  /**
   * The model of that name; without a name, the only one there is.
   * @throws TaxonError `not_found` with the nearest name, `invalid_input` when a name is needed or is no name
   */
  resolve(name?: string): Promise<RegisteredModel>;
}

/** What marks a folder as a model: ours, sentence-transformers', or Transformers'. */
const markers = ['taxon.json', 'modules.json', 'config.json'];
const isModelFolder = (folder: string): boolean => markers.some((name) => existsSync(join(folder, name)));

const parseGiven = (text: string): RegisteredModel => {
  const at = text.indexOf('=');
  const folder = resolve(at < 0 ? text : text.slice(at + 1));
  const name = at < 0 ? basename(folder) : text.slice(0, at);
  const shown = JSON.stringify(text);
  if (!isName(name))
    throw invalidInput(
      `models: ${shown}: ${JSON.stringify(name)} cannot name a model; a name is ${nameRule}`,
      at < 0 ? 'write NAME=PATH to choose a name' : undefined,
    );
  if (!existsSync(folder)) throw invalidInput(`models: ${shown}: there is no folder ${folder}`);
  if (!isModelFolder(folder))
    throw invalidInput(`models: ${shown}: ${folder} is no model folder: it has none of ${markers.join(', ')}`);
  return { name, folder };
};

const refuseSameNames = (models: readonly RegisteredModel[]): void => {
  const seen = new Map<string, string>();
  for (const { name, folder } of models) {
    const other = seen.get(name);
    if (other !== undefined)
      throw invalidInput(
        `models: ${other} and ${folder} are both named '${name}'`,
        'write NAME=PATH to name them apart',
      );
    seen.set(name, folder);
  }
};

const listFolder = async (folder: string): Promise<RegisteredModel[]> => {
  const names = await readdir(folder).catch((thrown: unknown) => {
    const error = thrown as NodeJS.ErrnoException;
    if (error.code === 'ENOENT') return [];
    throw invalidInput(`modelsFolder: cannot read ${folder}: ${error.message}`);
  });
  const models = names.filter((name) => isName(name)).map((name) => ({ name, folder: join(folder, name) }));
  const found = await Promise.all(
    // Linked folders count: deployments put models in place by a link.
    models.map(
      async (model) =>
        ((await stat(model.folder).catch(() => undefined))?.isDirectory() ?? false) && isModelFolder(model.folder),
    ),
  );
  return models.filter((_, index) => found[index]);
};

const missing = (name: string, names: readonly string[]): TaxonError => {
  const near = nearestName(name, names);
  const known = names.length === 0 ? 'there are none' : `known: ${names.join(', ')}`;
  return new TaxonError({
    code: 'not_found',
    message: `model: '${name}' does not exist; ${near === undefined ? known : `did you mean '${near}'?`}`,
  });
};

/**
 * Finds models by name.
 * @throws TaxonError `invalid_input` naming the entry of `models` that is wrong
 */
export const openModelRegistry = ({ folder, models = [] }: ModelRegistryOptions): ModelRegistry => {
  const given = models.map(parseGiven);
  refuseSameNames(given);
  const root = folder === undefined ? undefined : resolve(folder);
  const list = async (): Promise<RegisteredModel[]> => {
    const listed = root === undefined ? [] : await listFolder(root);
    const byName = new Map([...listed, ...given].map((model) => [model.name, model]));
    return [...byName.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  };
  return {
    given,
    list,
    resolve: async (name = '') => {
      if (name !== '' && !isName(name))
        throw invalidInput(`model: ${JSON.stringify(name.slice(0, 200))} is no model's name; a name is ${nameRule}`);
      const all = await list();
      const names = all.map((model) => model.name);
      if (name === '' && all.length !== 1)
        throw all.length === 0
          ? new TaxonError({
              code: 'failed_precondition',
              message: 'there are no models here yet',
              hint: 'train one, or give one with --models',
            })
          : invalidInput(`model: missing, and there are several: ${names.join(', ')}`);
      const model = name === '' ? all[0] : all.find((candidate) => candidate.name === name);
      if (model === undefined) throw missing(name, names);
      return model;
    },
  };
};
