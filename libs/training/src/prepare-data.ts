import { createHash } from 'node:crypto';
import {
  addCoarseTask,
  comparePart,
  createLabelSpace,
  describeDataset,
  encodeLabels,
  fillCoarseLabels,
  leakNotes,
  leaksOf,
  readDataset,
  readHierarchy,
  requireClasses,
  stratifiedSplit,
  type Dataset,
  type Example,
  type LabelIndices,
  type LabelSpace,
  type Note,
  type TaskColumn,
  type TaskDefinition,
  type TaskKind,
} from '@taxon/data';
import { invalidInput } from '@taxon/errors';
import type { NearDuplicates } from '@taxon/evaluation';
import { findNearDuplicates } from './find-near-duplicates.ts';
import { withLabelNames } from './label-names.ts';
import type { Recipe } from './recipe.ts';

export const partNames = ['train', 'validation', 'test'] as const;
export type PartName = (typeof partNames)[number];

export interface PreparedData extends Record<PartName, Example[]> {
  space: LabelSpace;
  /** Of the training examples. */
  trainLabels: LabelIndices[];
  notes: Note[];
  /** Absent where they were not looked for. */
  nearDuplicates: NearDuplicates | undefined;
  files: string[];
  /** SHA-256 over the texts and labels of all parts, in order. */
  digest: string;
}

const digestOf = (data: Record<PartName, Example[]>): string => {
  const hash = createHash('sha256');
  for (const part of partNames) {
    hash.update(`${part}\0`);
    for (const { text, pair, labels } of data[part])
      hash.update(`${text}\0${pair === undefined ? '' : `${pair}\0`}${JSON.stringify(labels)}\0`);
  }
  return hash.digest('hex');
};

/** The columns that hold labels, with what the person who named them calls them. */
const labelColumns = ({ data, hierarchy, task }: Recipe): (TaskColumn & { name: string })[] => {
  const kindOf = (kind: 'auto' | TaskKind): TaskKind | undefined => (kind === 'auto' ? undefined : kind);
  if (data.tasks !== undefined)
    return data.tasks.map(({ column, name = column, kind }, i) => ({
      column,
      name,
      kind: kindOf(kind),
      option: `data.tasks[${i}].column`,
    }));
  const fine = { column: data.labelColumn, name: data.labelColumn };
  if (hierarchy === undefined) return [{ ...fine, kind: kindOf(task) }];
  const kind = 'single-label' as const;
  const { coarseColumn } = hierarchy;
  const own = { ...fine, kind };
  if (coarseColumn === undefined) return [own];
  return [{ column: coarseColumn, name: coarseColumn, kind, option: 'hierarchy.coarseColumn' }, own];
};

/** @throws TaxonError `invalid_input` for options that speak of the labels in two ways */
const expectOneWay = ({ data, hierarchy, task }: Recipe): void => {
  if (data.train === undefined && (hierarchy !== undefined || data.tasks !== undefined))
    throw invalidInput(
      `data.train is missing: with ${hierarchy === undefined ? 'data.tasks' : 'hierarchy'}, labels cannot be learnt by name alone`,
    );
  if (hierarchy !== undefined && data.tasks !== undefined)
    throw invalidInput('hierarchy and data.tasks are both given', 'A hierarchy is a task of its own: leave one out.');
  if (hierarchy !== undefined && task === 'multi-label')
    throw invalidInput("task is 'multi-label'; a hierarchy has one label a text at each level", 'Leave task at auto.');
};

/** The parts as the recipe's files hold them; parts without a file of their own are undefined. */
const readParts = async (recipe: Recipe, notes: Note[], signal?: AbortSignal) => {
  const { data } = recipe;
  const columns = labelColumns(recipe);
  let tasks = columns;
  const read = async (path: string): Promise<Dataset> => {
    const dataset = await readDataset(path, {
      // The format option speaks of the training file; the others may end differently.
      format: path === data.train ? data.format : undefined,
      textColumn: data.textColumn,
      pairColumn: data.pairColumn,
      sourceColumn: data.sourceColumn,
      labelSeparator: data.labelSeparator,
      tasks,
      signal,
    });
    notes.push(...dataset.notes);
    return dataset;
  };
  const train = data.train === undefined ? undefined : await read(data.train);
  // What the training file's columns hold is what those of the others hold.
  const kinds = columns.map(({ kind }, i): TaskKind => train?.kinds[i] ?? kind ?? 'single-label');
  tasks = columns.map((column, i) => ({ ...column, kind: kinds[i]! }));
  return {
    tasks: columns.map(({ name }, i): TaskDefinition => ({ name, kind: kinds[i]! })),
    train: train?.examples ?? [],
    validation: data.validation === undefined ? undefined : (await read(data.validation)).examples,
    test: data.test === undefined ? undefined : (await read(data.test)).examples,
  };
};

/** Puts the coarse task of a hierarchy's map in front of the fine one. */
export const withCoarseTask = <Parts extends Record<PartName, Example[]>>(
  parts: Parts,
  parentOf: ReadonlyMap<string, string>,
  name: string,
): Parts => ({
  ...parts,
  ...Object.fromEntries(
    partNames.map((part) => [part, addCoarseTask(parts[part], parentOf, { name, lenient: part !== 'train' })]),
  ),
});

/** @throws TaxonError `invalid_input` for names of one label alone */
const expectLabels = (named: readonly Example[]): void => {
  const labels = new Set(named.flatMap((example) => example.labels[0] ?? []));
  if (labels.size < 2)
    throw invalidInput(
      `data.labelNames holds one class only: ${JSON.stringify([...labels][0])}`,
      'Name the labels between which a model is to choose, two at least.',
    );
};

const noParts: Record<PartName, Example[]> = { train: [], validation: [], test: [] };

/** Splits off the parts that have no file of their own. */
const splitTexts = (
  all: Example[],
  { data, seed }: Recipe,
  {
    path,
    tasks,
    twoLevels,
    held,
    notes,
  }: {
    path: string;
    tasks: readonly TaskDefinition[];
    twoLevels: boolean;
    held: Partial<Record<PartName, Example[]>>;
    notes: Note[];
  },
): Record<PartName, Example[]> => {
  requireClasses(all, path, tasks);
  notes.push(...describeDataset(all, tasks).notes);
  if (data.split.train === 0) throw invalidInput('data.split.train is 0: nothing would be left to train on');
  const split = stratifiedSplit(all, {
    train: data.split.train,
    validation: held.validation === undefined ? data.split.validation : 0,
    test: held.test === undefined ? data.split.test : 0,
    seed,
    tasks,
    hierarchical: twoLevels,
    path,
  });
  notes.push(...split.notes);
  return split;
};

/** What was made is learnt from, never scored on; and what would tell held-out files' texts is not learnt from. */
const withoutLeaks = (
  parts: Record<PartName, Example[]>,
  { data }: Recipe,
  notes: Note[],
): Record<PartName, Example[]> => {
  const written = (part: 'validation' | 'test'): Example[] => {
    const own = parts[part].filter(({ origin }) => origin === undefined);
    const made = parts[part].length - own.length;
    if (made > 0)
      notes.push({
        level: 'info',
        message: `${made} augmented texts of ${data[part] ?? part} left out: none is scored on`,
      });
    return own;
  };
  const [validation, test] = [written('validation'), written('test')];
  if (parts.train.every(({ origin }) => origin === undefined)) return { ...parts, validation, test };
  const leaks = leaksOf(parts.train, [
    { path: data.validation ?? data.train ?? '', examples: validation },
    { path: data.test ?? data.train ?? '', examples: test },
  ]);
  notes.push(...leakNotes(leaks));
  const dropped = new Set(leaks.map(({ index }) => index));
  return { train: parts.train.filter((_, i) => !dropped.has(i)), validation, test };
};

/** What the task of coarse labels is called where no column names it. */
export const coarseName = 'group';

/**
 * Reads the labelled files of a recipe and splits off the parts that have no file of their own. The coarse labels that a
 * hierarchy finds by clustering are not there yet: they need features (`groupLabels`).
 * @throws TaxonError `invalid_input` naming file, line, column or option
 */
export const prepareData = async (recipe: Recipe, signal?: AbortSignal): Promise<PreparedData> => {
  expectOneWay(recipe);
  const { data, hierarchy } = recipe;
  const notes: Note[] = [];
  const found = await readParts(recipe, notes, signal);
  const { train: read, ...held } = found;
  let { tasks } = found;
  const twoLevels = hierarchy?.coarseColumn !== undefined;
  // Before the split: what a fine label's coarse one is may be told by rows of another part.
  const all = twoLevels ? fillCoarseLabels(read) : read;
  const split =
    data.train === undefined ? noParts : splitTexts(all, recipe, { path: data.train, tasks, twoLevels, held, notes });
  let parts = { train: split.train, validation: held.validation ?? split.validation, test: held.test ?? split.test };
  parts = withoutLeaks(parts, recipe, notes);
  const { nearDuplicates, notes: duplicateNotes } = findNearDuplicates(parts);
  parts.train = withLabelNames(parts.train, tasks, recipe, { hierarchical: twoLevels });
  if (data.train === undefined) expectLabels(parts.train);
  else requireClasses(parts.train, data.train, tasks);
  for (const part of ['validation', 'test'] as const)
    if (held[part] !== undefined) notes.push(...comparePart(parts.train, parts[part], part, tasks).notes);
  if (hierarchy?.map !== undefined) {
    parts = withCoarseTask(parts, await readHierarchy(hierarchy.map), hierarchy.map);
    tasks = [{ name: coarseName, kind: 'single-label' }, ...tasks];
  }
  const hierarchical = hierarchy !== undefined && tasks.length === 2;
  notes.push(...duplicateNotes);
  const space = createLabelSpace(parts.train, tasks, { hierarchical });
  return {
    ...parts,
    space,
    trainLabels: encodeLabels(space, parts.train),
    notes,
    nearDuplicates,
    files: [data.train, data.validation, data.test].filter((path) => path !== undefined),
    digest: digestOf(parts),
  };
};
