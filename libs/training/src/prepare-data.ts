import { createHash } from 'node:crypto';
import {
  comparePart,
  createLabelSpace,
  describeDataset,
  readDataset,
  requireClasses,
  stratifiedSplit,
  type Example,
  type LabelSpace,
  type Note,
} from '@taxon/data';
import { invalidInput } from '@taxon/errors';
import type { Recipe } from './recipe.ts';

export interface PreparedData {
  train: Example[];
  validation: Example[];
  test: Example[];
  labels: LabelSpace;
  notes: Note[];
  files: string[];
  /** SHA-256 over the texts and labels of all parts, in order. */
  digest: string;
}

const parts = ['train', 'validation', 'test'] as const;
type Part = (typeof parts)[number];

const digestOf = (data: Record<Part, Example[]>): string => {
  const hash = createHash('sha256');
  for (const part of parts) {
    hash.update(`${part}\0`);
    for (const { text, label } of data[part]) hash.update(`${text}\0${label}\0`);
  }
  return hash.digest('hex');
};

/**
 * Reads the labelled files of a recipe and splits off the parts that have no file of their own.
 * @throws TaxonError `invalid_input` naming file, line, column or option
 */
export const prepareData = async ({ data, seed }: Recipe, signal?: AbortSignal): Promise<PreparedData> => {
  const notes: Note[] = [];
  const read = async (path: string): Promise<Example[]> => {
    const { format, textColumn, labelColumn } = data;
    // The format option speaks of the training file; the others may end differently.
    const dataset = await readDataset(path, {
      format: path === data.train ? format : undefined,
      textColumn,
      labelColumn,
      signal,
    });
    notes.push(...dataset.notes);
    return dataset.examples;
  };
  const all = await read(data.train);
  requireClasses(all, data.train);
  notes.push(...describeDataset(all).notes);
  const held = {
    validation: data.validation === undefined ? undefined : await read(data.validation),
    test: data.test === undefined ? undefined : await read(data.test),
  };
  const split = stratifiedSplit(all, {
    train: data.split.train,
    validation: held.validation === undefined ? data.split.validation : 0,
    test: held.test === undefined ? data.split.test : 0,
    seed,
  });
  notes.push(...split.notes);
  const result = { train: split.train, validation: held.validation ?? split.validation, test: held.test ?? split.test };
  requireClasses(result.train, data.train);
  for (const part of ['validation', 'test'] as const)
    if (held[part] !== undefined) notes.push(...comparePart(result.train, result[part], part).notes);
  if (data.split.train === 0) throw invalidInput('data.split.train is 0: nothing would be left to train on');
  const files = [data.train, data.validation, data.test].filter((path) => path !== undefined);
  return { ...result, labels: createLabelSpace(result.train), notes, files, digest: digestOf(result) };
};
