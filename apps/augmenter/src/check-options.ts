import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import type { AugmentOptions } from '@taxon/augmentation';
import { invalidInput, nearestName, TaxonError, type Violation } from '@taxon/errors';
import { confinePath } from '@taxon/jobs';
import type { MethodFacts } from './engine.ts';

const refuse = (violations: readonly Violation[], hint?: string): void => {
  if (violations.length === 0) return;
  const lines = violations.map(({ field, description }) => `${field}: ${description}`);
  throw invalidInput(lines.join('; '), hint, [...violations]);
};

/** @throws TaxonError `invalid_input` for methods that there are not, with the nearest name */
export const expectMethods = ({ methods }: AugmentOptions, known: readonly MethodFacts[]): void => {
  const names = known.map(({ name }) => name);
  refuse(
    methods.flatMap(({ name }, i) => {
      if (names.includes(name)) return [];
      const near = nearestName(name, names);
      const right = near === undefined ? `known: ${names.join(', ')}` : `did you mean '${near}'?`;
      return [{ field: `methods[${i}].name`, description: `'${name}' is no method; ${right}` }];
    }),
  );
};

/** @throws TaxonError `invalid_input` for what a stream, which is read once and by one thread, cannot do */
export const expectStreamed = ({ methods, policy, quality }: AugmentOptions, known: readonly MethodFacts[]): void => {
  const costly = (name: string): boolean => known.some((method) => method.name === name && !method.streamed);
  const needsAll = 'needs all rows before the first is augmented';
  const needsModel = 'needs a model to read every text';
  refuse(
    [
      ...methods.flatMap(({ name }, i) =>
        costly(name) ? [{ field: `methods[${i}].name`, description: `'${name}' is for files alone` }] : [],
      ),
      ...(policy.target === undefined ? [] : [{ field: 'policy.target', description: needsAll }]),
      ...(policy.below === undefined ? [] : [{ field: 'policy.below', description: needsAll }]),
      ...(policy.perLabel === undefined ? [] : [{ field: 'policy.perLabel', description: needsAll }]),
      ...(policy.rows === 'all' ? [] : [{ field: 'policy.rows', description: needsModel }]),
      ...(quality.similarity === 0 ? [] : [{ field: 'quality.similarity', description: needsModel }]),
      ...(quality.model === undefined ? [] : [{ field: 'quality.model', description: needsModel }]),
    ],
    'start an augmentation of a file instead',
  );
};

export interface ReadFolders {
  /** What labelled files, texts and words are read from. */
  dataFolder: string;
  /** What models are read from. */
  modelsFolder: string;
}

/** Makes the paths of options absolute, and remembers what they name. */
const createConfine = ({ dataFolder, modelsFolder }: ReadFolders) => {
  const named: { field: string; path: string }[] = [];
  const folders = {
    file: { folder: dataFolder, key: 'dataFolder', service: 'augmenter' },
    model: { folder: modelsFolder, key: 'modelsFolder', service: 'augmenter' },
  };
  const confine = (path: string, field: string, kind: 'file' | 'model'): string => {
    const absolute = confinePath(path, field, folders[kind]);
    named.push({ field, path: absolute });
    return absolute;
  };
  return { named, confine };
};

/** What becomes of a path that the field names. */
type PathChange = (path: string, field: string, kind: 'file' | 'model') => string;

/** A value of an option that names one path, or several by key. */
const changeValue = (value: unknown, field: string, kind: 'file' | 'model', change: PathChange): unknown => {
  if (typeof value === 'string') return change(value, field, kind);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, path]) => [key, changeValue(path, `${field}.${key}`, kind, change)]),
  );
};

const changePaths = (options: AugmentOptions, known: readonly MethodFacts[], change: PathChange): AugmentOptions => {
  const model = (path: string | undefined, field: string) => path && change(path, field, 'model');
  const { policy, quality } = options;
  const methods = options.methods.map((method, i) => {
    const { paths = {} } = known.find(({ name }) => name === method.name) ?? {};
    const own = Object.entries(paths).map(([option, kind]) => [
      option,
      changeValue(method[option], `methods[${i}].options.${option}`, kind, change),
    ]);
    return { ...method, ...(Object.fromEntries(own.filter(([, value]) => value !== undefined)) as object) };
  });
  return {
    ...options,
    methods,
    policy: {
      ...policy,
      model: model(policy.model, 'policy.model'),
      predictions: model(policy.predictions, 'policy.predictions'),
    },
    quality: { ...quality, model: model(quality.model, 'quality.model') },
  };
};

/** The options with absolute paths, from where this process stands: they mean the same in every other. */
export const absoluteOptions = (options: AugmentOptions, known: readonly MethodFacts[]): AugmentOptions => {
  const { encoder, ...changed } = changePaths(options, known, (path) => resolve(path));
  // A folder's path is one from here; a name of the hub stays.
  return { ...changed, encoder: encoder !== undefined && existsSync(encoder) ? resolve(encoder) : encoder };
};

/**
 * The options with absolute paths, below the folders that they may lead to.
 * @throws TaxonError `invalid_input` for a path that leads elsewhere, `not_found` for one that leads nowhere, each naming its field
 */
export const confineOptions = (
  options: AugmentOptions,
  folders: ReadFolders,
  known: readonly MethodFacts[],
): AugmentOptions => {
  const { named, confine } = createConfine(folders);
  const confined = changePaths(options, known, confine);
  expectThere(named);
  return confined;
};

/** @throws TaxonError `not_found` naming every field that leads nowhere */
export const expectThere = (named: readonly { field: string; path: string }[]): void => {
  const violations = named
    .filter(({ path }) => !existsSync(path))
    .map(({ field, path }) => ({ field, description: `${path} does not exist` }));
  if (violations.length === 0) return;
  const message = violations.map(({ field, description }) => `${field}: ${description}`).join('; ');
  throw new TaxonError({ code: 'not_found', message, violations });
};
