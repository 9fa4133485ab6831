import { mkdir, readFile, rename, rm, writeFile, open } from 'node:fs/promises';
import { join } from 'node:path';
import { isDiskFull, TaxonError } from '@taxon/errors';
import { openSafetensors, writeSafetensors, type StoredTensor, type Weights } from '@taxon/models';
import type { FitProgress } from './fit.ts';
import { weightsOf, type ModelState } from './model-state.ts';
import type { Recipe } from './recipe.ts';

// A run that is not finished lives beside its output: OUTPUT.checkpoint/ holds the state after some update and the best
// weights so far. Each file is written under another name, synced and renamed; progress.json, written last, names the state.

export interface CheckpointIdentity {
  /** The recipe that the run follows; a resumed run must follow the same. */
  recipe: Recipe;
  dataDigest: string;
}

interface ProgressFile extends CheckpointIdentity {
  version: 1;
  step: number;
  progress: FitProgress;
}

export const checkpointFolder = (output: string): string => `${output.replace(/[/\\]+$/, '')}.checkpoint`;

const asTensor = (data: Float32Array): StoredTensor => ({ shape: [data.length], data });

const weightTensors = ({ words, positions, types, parameters }: Weights): Map<string, StoredTensor> =>
  new Map([
    ['words', asTensor(words)],
    ['positions', asTensor(positions)],
    ['types', asTensor(types)],
    ...Object.entries(parameters).map(([name, data]) => [`parameter.${name}`, asTensor(data)] as const),
  ]);

const stateTensors = (state: ModelState): Map<string, StoredTensor> => {
  const tensors = new Map<string, StoredTensor>();
  for (const [name, table] of Object.entries(state.tables))
    for (const part of ['values', 'm', 'v'] as const) tensors.set(`table.${name}.${part}`, asTensor(table[part]));
  for (const [name, tensor] of Object.entries(state.memory.tensors))
    for (const part of ['value', 'm', 'v'] as const) tensors.set(`parameter.${name}.${part}`, asTensor(tensor[part]));
  return tensors;
};

const replaceFile = async (path: string, write: (temporary: string) => Promise<void>): Promise<void> => {
  const temporary = `${path}.writing`;
  try {
    await write(temporary);
    await rename(temporary, path);
  } catch (cause) {
    await rm(temporary, { force: true });
    throw describeWriteError(cause, path);
  }
};

const describeWriteError = (cause: unknown, path: string): unknown => {
  if (!isDiskFull(cause)) return cause;
  return new TaxonError({
    code: 'resource_exhausted',
    message: `${path}: the disk is full`,
    hint: 'Free some space, then run again; --resume goes on from a checkpoint where one was kept before.',
    cause,
  });
};

const writeText = async (path: string, text: string): Promise<void> => {
  await writeFile(path, text);
  const file = await open(path, 'r');
  await file.sync().finally(() => file.close());
};

export const saveBest = async (folder: string, weights: Weights): Promise<void> => {
  await mkdir(folder, { recursive: true });
  await replaceFile(join(folder, 'best.safetensors'), (path) => writeSafetensors(path, weightTensors(weights)));
};

/** Copies the best weights of the run into `state`. */
export const loadBest = async (folder: string, state: ModelState): Promise<void> =>
  readInto(join(folder, 'best.safetensors'), weightTensors(weightsOf(state)));

/** Overwrites the numbers of `targets` by those of a file that holds the same names and sizes. */
const readInto = async (path: string, targets: ReadonlyMap<string, StoredTensor>): Promise<void> => {
  const file = await openSafetensors(path);
  try {
    for (const [name, { data }] of targets) {
      const stored = await file.read(name);
      if (stored.data.length !== data.length)
        throw new TaxonError({
          code: 'failed_precondition',
          message: `${path}: '${name}' holds ${stored.data.length} numbers, the model ${data.length}`,
          hint: 'The checkpoint belongs to another model. Remove its folder to start anew.',
        });
      data.set(stored.data);
    }
  } finally {
    await file.close();
  }
};

export const saveCheckpoint = async (
  folder: string,
  state: ModelState,
  progress: FitProgress,
  identity: CheckpointIdentity,
): Promise<void> => {
  await mkdir(folder, { recursive: true });
  // The state's name holds its step: a crash between the two renames leaves the old pair whole.
  const name = `state-${state.step}.safetensors`;
  await replaceFile(join(folder, name), (path) => writeSafetensors(path, stateTensors(state)));
  const content: ProgressFile = { version: 1, step: state.step, progress, ...identity };
  const before = await readProgress(folder);
  await replaceFile(join(folder, 'progress.json'), (path) => writeText(path, JSON.stringify(content)));
  if (before !== undefined && before.step !== state.step)
    await rm(join(folder, `state-${before.step}.safetensors`), { force: true });
};

const readProgress = async (folder: string): Promise<ProgressFile | undefined> => {
  const text = await readFile(join(folder, 'progress.json'), 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text) as ProgressFile;
  } catch {
    throw new TaxonError({
      code: 'failed_precondition',
      message: `${join(folder, 'progress.json')} is damaged`,
      hint: 'Remove the folder to start anew.',
    });
  }
};

/** Options that may differ when a run goes on: they change how fast it runs or where its files lie, not what it computes. */
const freeOptions = new Set(['spin']);

const differences = (before: Recipe, now: Recipe): string[] =>
  Object.keys(now).filter((key) => {
    const at = key as keyof Recipe;
    return !freeOptions.has(key) && JSON.stringify(before[at]) !== JSON.stringify(now[at]);
  });

/**
 * Restores `state` from a checkpoint of the same recipe and data.
 * @returns how far the run had come
 * @throws TaxonError `failed_precondition` where there is none, or it belongs to another recipe or other data
 */
export const loadCheckpoint = async (
  folder: string,
  state: ModelState,
  identity: CheckpointIdentity,
): Promise<FitProgress> => {
  const file = await requireCheckpoint(folder, identity);
  await readInto(join(folder, `state-${file.step}.safetensors`), stateTensors(state));
  state.step = file.step;
  return file.progress;
};

/** Checks that a run can go on, before anything costly is done. */
export const requireCheckpoint = async (
  folder: string,
  identity: Pick<CheckpointIdentity, 'recipe'> & Partial<CheckpointIdentity>,
): Promise<ProgressFile> => {
  const file = await readProgress(folder);
  const refuse = (message: string, hint: string) => new TaxonError({ code: 'failed_precondition', message, hint });
  if (file?.version !== 1)
    throw refuse(`${folder} holds no checkpoint to resume from`, 'Run without --resume to start anew.');
  const changed = differences(file.recipe, identity.recipe);
  if (changed.length > 0)
    throw refuse(
      `${folder}: the interrupted run differs in ${changed.join(', ')}`,
      'Resume with the same options, or run without --resume to start anew.',
    );
  if (identity.dataDigest !== undefined && file.dataDigest !== identity.dataDigest)
    throw refuse(`${folder}: the data changed since the run was interrupted`, 'Run without --resume to start anew.');
  return file;
};

export const removeCheckpoint = (folder: string): Promise<void> => rm(folder, { recursive: true, force: true });
