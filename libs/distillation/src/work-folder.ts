import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { TaxonError } from '@taxon/errors';
import type { DistillationOptions } from './options.ts';
import type { DistillationResult } from './progress.ts';
import type { Teacher } from './signals/teachers.ts';
import type { Student } from './student/make-student.ts';

// What an unfinished distillation keeps beside its output: the student before it learnt, and the generations that are done. The
// checkpoints of the training lie where those of every training do.

/** What is known of a distillation that was interrupted. */
export interface Work {
  folder: string;
  student?: Student;
  /** Of the generations that are done, in order. */
  results: DistillationResult[];
}

export const workFolder = (output: string): string => `${output.replace(/[/\\]+$/, '')}.distillation`;

/** Options that may differ when a run goes on. */
const freeOptions = ['spin', 'checkpoint'];

const identityOf = (options: DistillationOptions, teachers: readonly Teacher[]): string => {
  const counted = Object.entries(options).filter(([key]) => !freeOptions.includes(key));
  const digests = teachers.map(({ digest }) => digest);
  return createHash('sha256')
    .update(JSON.stringify([counted, digests]))
    .digest('hex');
};

const pathOf = (folder: string): string => join(folder, 'distillation.json');

/** Typed arrays cross JSON as lists. */
const asJson = (value: unknown): string =>
  JSON.stringify(value, (_, part: unknown) => (ArrayBuffer.isView(part) ? Array.from(part as Int32Array) : part));

export interface Keeper extends Work {
  save(): Promise<void>;
  remove(): Promise<void>;
}

/**
 * Opens the folder of an unfinished distillation, or begins a new one.
 * @throws TaxonError `failed_precondition` where what is to be resumed had other options or teachers
 */
export const openWork = async (
  options: DistillationOptions,
  teachers: readonly Teacher[],
  resume: boolean,
): Promise<Keeper> => {
  const folder = workFolder(options.output);
  const identity = identityOf(options, teachers);
  if (!resume) await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  const path = pathOf(folder);
  const work: Keeper = {
    ...{ folder, results: [] },
    async save() {
      await writeFile(`${path}.new`, asJson({ identity, student: work.student, results: work.results }));
      await rename(`${path}.new`, path);
    },
    remove: () => rm(folder, { recursive: true, force: true }),
  };
  if (!existsSync(path)) return work;
  const kept = JSON.parse(await readFile(path, 'utf8')) as { identity: string } & Pick<Work, 'student' | 'results'>;
  if (kept.identity !== identity)
    throw new TaxonError({
      code: 'failed_precondition',
      message: `${folder}: the interrupted run had other options or other teachers`,
      hint: 'Resume with the same options, or run without --resume to start anew.',
    });
  const ids = kept.student?.teacherIds;
  work.student = kept.student && { ...kept.student, ...(ids && { teacherIds: Int32Array.from(ids) }) };
  work.results = kept.results;
  return work;
};
