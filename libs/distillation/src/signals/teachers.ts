import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { LabelSpace } from '@taxon/data';
import { invalidInput } from '@taxon/errors';
import {
  describeModelFolder,
  digestOf,
  readEnsembleJson,
  type DecisionRule,
  type HeadConfig,
  type ModelDescription,
} from '@taxon/models';
import type { DistillationOptions } from '../options.ts';

/** A model that teaches. */
export interface Teacher {
  description: ModelDescription & { head: HeadConfig; space: LabelSpace; rule: DecisionRule };
  /** Its share in the mean, 0..1; all together 1. */
  share: number;
  /** SHA-256 over all of its files that a reader reads. */
  digest: string;
}

/** What a description and its numbers are read from. */
const isRead = (path: string): boolean => /(^|\/)(config|modules|taxon|tokenizer|tokenizer_config|sentence_bert_config)\.json$|model\.safetensors$/.test(path); // prettier-ignore

const digestOfFolder = async (folder: string, signal?: AbortSignal): Promise<string> => {
  const hash = createHash('sha256');
  const names = await readdir(folder, { recursive: true });
  for (const name of names.filter((path) => isRead(path) && !/(^|\/)run\//.test(path)).sort())
    hash.update(`${name}\0${await digestOf(join(folder, name), signal)}\0`);
  return hash.digest('hex');
};

/** The folders of a teacher: its own, or those of an ensemble's members. */
const membersOf = async (folder: string): Promise<string[]> => {
  const ensemble = existsSync(folder) ? await readEnsembleJson(folder) : undefined;
  return ensemble === undefined ? [folder] : ensemble.members.map((member) => join(folder, member));
};

const openTeacher = async (folder: string, share: number, signal?: AbortSignal): Promise<Teacher> => {
  const description = await describeModelFolder(folder);
  const { head, space, rule = {} } = description;
  if (head === undefined || space === undefined)
    throw invalidInput(
      `${folder} is an encoder without a classifier, which has no answers to teach`,
      'Train one from it first: taxon train data.csv --encoder FOLDER --out TEACHER',
    );
  return { description: { ...description, head, space, rule }, share, digest: await digestOfFolder(folder, signal) };
};

/**
 * The models behind the option `teachers`; an ensemble's members share its weight.
 * @throws TaxonError `not_found` or `invalid_input` naming the folder and what is wrong with it
 */
export const openTeachers = async (
  { teachers }: Pick<DistillationOptions, 'teachers'>,
  signal?: AbortSignal,
): Promise<Teacher[]> => {
  const total = teachers.reduce((sum, { weight }) => sum + weight, 0);
  const opened: Teacher[] = [];
  for (const { folder, weight } of teachers) {
    const members = await membersOf(resolve(folder));
    for (const member of members) opened.push(await openTeacher(member, weight / total / members.length, signal));
  }
  return opened;
};
