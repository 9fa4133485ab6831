import { existsSync } from 'node:fs';
import { cp } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { availableParallelism } from 'node:os';
import { describeModelFolder, expectModelTarget, replaceFolder } from '@taxon/models';
import {
  checkpointFolder,
  inputOf,
  prepareData,
  recipeSchema,
  runRecipe,
  type Recipe,
  type TrainingEvent,
} from '@taxon/training';
import { expectOneTeacher, expectOptions } from './expect-options.ts';
import type { DistillationOptions } from './options.ts';
import type { DistillationEvent, DistillationResult } from './progress.ts';
import { openTeachers, type Teacher } from './signals/teachers.ts';
import { sizeOf } from './size.ts';
import { beginStage } from './stage-progress.ts';
import { makeStudent, type Student } from './student/make-student.ts';
import { teach, type Teaching } from './teach.ts';
import { outsideOf, readUnlabelled, type UnlabelledText } from './unlabelled.ts';
import { openWork, type Keeper } from './work-folder.ts';

export interface DistilOptions {
  /** Aborting stops between two steps; what training did is kept as a checkpoint. */
  signal?: AbortSignal;
  onEvent?: (event: DistillationEvent) => void;
  /** Go on from what an interrupted run left beside the output folder. @default false */
  resume?: boolean;
  /** Where what teachers make of texts is kept. @default the cache's folder */
  cacheFolder?: string;
}

interface Distillation extends Required<Pick<DistilOptions, 'signal' | 'onEvent' | 'resume'>> {
  options: DistillationOptions;
  teachers: Teacher[];
  unlabelled: UnlabelledText[];
  work: Keeper;
  cacheFolder?: string;
}

/** The training of a student, as a recipe. */
const recipeOf = (options: DistillationOptions, student: Student, maxLength: number, output: string): Recipe => {
  const own = Object.fromEntries(Object.entries(options).filter(([key]) => key in recipeSchema.shape));
  const { head } = options;
  const { kind, pooling, normalize } = student.head;
  const dense = (head.kind === 'auto' ? kind : head.kind) === 'dense';
  return recipeSchema.parse({
    ...own,
    ...{ output, maxLength, encoder: student.folder },
    head: {
      ...head,
      kind: head.kind === 'auto' ? (kind ?? 'auto') : head.kind,
      // A pooler's are given; those of the others are the teacher's, where nothing else is said.
      ...(dense && head.pooling === 'auto' && { pooling: pooling ?? 'auto' }),
      ...(dense && head.normalize === 'auto' && { normalize: normalize ?? 'auto' }),
    },
  });
};

const firstStudent = async (run: Distillation): Promise<Student> => {
  const { options, teachers, unlabelled, work, signal, onEvent } = run;
  if (work.student !== undefined) return work.student;
  const { heads, intermediate, vocabulary } = options.student;
  const needsTexts = vocabulary === 'domain' || (heads ?? intermediate) !== undefined;
  const onProgress = beginStage('student', onEvent);
  const encoder = options.student.from;
  const data = needsTexts
    ? await prepareData(recipeSchema.parse({ data: options.data, output: options.output, task: options.task, hierarchy: options.hierarchy, seed: options.seed, encoder }), signal)
    : undefined; // prettier-ignore
  const examples = data?.train ?? [];
  const texts = data ? [...examples, ...outsideOf(unlabelled, [data.validation, data.test])].map(inputOf) : [];
  const threads = options.threads === 0 ? availableParallelism() : options.threads;
  const making = { options, examples, texts, session: { threads }, signal, onProgress };
  const teacher = teachers[0]!.description.folder;
  work.student = await makeStudent(resolve(work.folder, 'student'), { ...making, teacher });
  await work.save();
  return work.student;
};

/** One student, taught from its first weights to a model folder. */
const runGeneration = async (
  run: Distillation,
  student: Student,
  teachers: readonly Teacher[],
  { output, number }: { output: string; number: number },
): Promise<DistillationResult> => {
  const { options, unlabelled, signal, onEvent, cacheFolder } = run;
  const longest = Math.max(...teachers.map(({ description }) => description.maxLength));
  const recipe = recipeOf(options, student, Math.min(options.maxLength, longest), output);
  const lesson = { options, teachers, student, unlabelled, onEvent, signal, cacheFolder };
  let teaching: Teaching | undefined;
  try {
    const trained = await runRecipe(recipe, {
      ...{ signal, resume: run.resume && existsSync(checkpointFolder(output)) },
      onEvent: (event: TrainingEvent) => onEvent(event),
      extend: async (prepared) => {
        teaching = await teach(prepared, lesson);
        return teaching.extension;
      },
    });
    const { encoder, head } = await describeModelFolder(output);
    const { description } = teachers[0]!;
    return {
      ...trained,
      teacher: {
        size: teachers.length === 1 ? sizeOf(description.encoder, description.head) : undefined,
        ...teaching!.scores,
      },
      student: sizeOf(encoder, head!),
      generation: number,
    };
  } finally {
    teaching?.close();
  }
};

/** What a finished student is worth: the figure that chose its weights, on the validation part. */
const valueOf = ({ validation }: DistillationResult, metric: DistillationOptions['metric']): number => {
  const figures = validation?.figures ?? {};
  return figures[metric] ?? figures['accuracy'] ?? 0;
};

/** Students that are born again, each taught by the one before; the best of all is kept. */
const runGenerations = async (run: Distillation, student: Student): Promise<DistillationResult> => {
  const { options, work, onEvent, signal } = run;
  const total = options.generations;
  const folderOf = (number: number): string =>
    total === 1 ? options.output : join(work.folder, `generation-${number}`);
  for (let number = work.results.length + 1; number <= total; number++) {
    if (total > 1) onEvent({ kind: 'generation', number, total });
    const before = { teachers: [{ folder: folderOf(number - 1), weight: 1 }] };
    const teachers = number === 1 ? run.teachers : await openTeachers(before, signal);
    work.results.push(await runGeneration(run, student, teachers, { output: folderOf(number), number }));
    if (total > 1) await work.save();
  }
  const best = work.results.reduce((most, result) =>
    valueOf(result, options.metric) > valueOf(most, options.metric) ? result : most,
  );
  if (total === 1) return best;
  await replaceFolder(options.output, { marker: 'taxon.json', keep: ['run'] }, (fresh) =>
    cp(folderOf(best.generation), fresh, { recursive: true }),
  );
  const modelFolder = resolve(options.output);
  return { ...best, modelFolder, runFolder: join(modelFolder, 'run') };
};

/** Whether anything that could be resumed is there. */
const isWorthKeeping = ({ options, work }: Distillation): boolean =>
  work.results.length > 0 ||
  [options.output, join(work.folder, 'generation-1')].some((output) => existsSync(checkpointFolder(output)));

/**
 * Teachers and data to a smaller model's folder, in this process. Native calls block the event loop for as long as a step takes: a
 * service or a command line runs `runDistillationJob` instead.
 * @throws TaxonError; `cancelled` after an abort, with a checkpoint kept if training had begun
 */
export const distil = async (options: DistillationOptions, how: DistilOptions = {}): Promise<DistillationResult> => {
  const { signal = new AbortController().signal, onEvent = () => undefined, resume = false, cacheFolder } = how;
  expectOptions(options);
  await expectModelTarget(options.output);
  const teachers = await openTeachers(options, signal);
  expectOneTeacher(options, teachers);
  const unlabelled = await readUnlabelled(options, signal);
  const work = await openWork(options, teachers, resume);
  const run: Distillation = { options, teachers, unlabelled, work, signal, onEvent, resume, cacheFolder };
  try {
    const result = await runGenerations(run, await firstStudent(run));
    await work.remove();
    return result;
  } catch (error) {
    if (!isWorthKeeping(run)) await work.remove();
    throw error;
  }
};
