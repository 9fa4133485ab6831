import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { TaxonError } from '@taxon/errors';
import { openSafetensors, writeSafetensors, type StoredTensor, type Weights } from '@taxon/models';
import {
  damaged,
  readSealedJson,
  replaceFile,
  sweep,
  verify,
  writeSealedJson,
  type SealedFile,
} from './checkpoint-files.ts';
import type { FitProgress } from './fit.ts';
import { weightsOf, type ModelState } from './model-state.ts';
import type { Recipe } from './recipe.ts';

// A run that is not finished lives beside its output, in OUTPUT.checkpoint/. A generation is three files: the state after an
// update, the best weights until then, and progress-STEP.json, written last, which names the other two with their digests.
// Two generations are kept: when the newer one turns out to be damaged, the one before it is taken.

export interface CheckpointIdentity {
  /** The recipe that the run follows; a resumed run must follow the same. */
  recipe: Recipe;
  dataDigest: string;
}

export interface Generation extends CheckpointIdentity {
  version: 2;
  step: number;
  progress: FitProgress;
  /** Weights that the average is of. */
  averaged?: number;
  state: SealedFile;
  best?: SealedFile;
}

/** Keeps the checkpoints of one run. */
export interface Checkpoints {
  readonly folder: string;
  /** Keeps the weights as the best so far. */
  saveBest(step: number, weights: Weights): Promise<void>;
  /**
   * Writes a generation, and forgets all but the one before it.
   * @returns SHA-256 of the state file: the same for two runs that are equal to the bit
   */
  save(state: ModelState, progress: FitProgress): Promise<string>;
  /** Copies the best weights of the run into `state`. */
  loadBest(state: ModelState): Promise<void>;
  remove(): Promise<void>;
}

const generationsKept = 2;

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
  const moments = (name: string): ('m' | 'v')[] => (state.trained.has(name) ? ['m', 'v'] : []);
  for (const [name, table] of Object.entries(state.tables))
    for (const part of ['values', ...moments(name)] as const)
      tensors.set(`table.${name}.${part}`, asTensor(table[part]));
  for (const [name, tensor] of Object.entries(state.memory.tensors))
    for (const part of ['value', ...moments(name)] as const)
      tensors.set(`parameter.${name}.${part}`, asTensor(tensor[part]));
  for (const [name, tensor] of state.average === undefined ? [] : weightTensors(state.average.weights))
    tensors.set(`average.${name}`, tensor);
  return tensors;
};

/** Folder within a checkpoint's that holds what the run writes of itself; not the checkpoint's to sweep. */
export const logName = 'run';

const progressPattern = /^progress-(\d+)\.json$/;
const progressName = (step: number): string => `progress-${step}.json`;

/** Steps of the generations in a folder, the newest first. */
export const generationSteps = async (folder: string): Promise<number[]> => {
  const names = await readdir(folder).catch(() => []);
  return names.flatMap((name) => progressPattern.exec(name)?.slice(1).map(Number) ?? []).sort((a, b) => b - a);
};

/** @param found the generation that the run goes on from */
export const createCheckpoints = (folder: string, identity: CheckpointIdentity, found?: Generation): Checkpoints => {
  let best = found?.best;
  /** Files of each generation that is kept, by step, the oldest first. */
  const kept = new Map<number, string[]>();
  const remember = ({ step, state, best: ofGeneration }: Pick<Generation, 'step' | 'state' | 'best'>): void => {
    kept.set(step, [progressName(step), state.name, ...(ofGeneration === undefined ? [] : [ofGeneration.name])]);
    for (const old of [...kept.keys()].slice(0, -generationsKept)) kept.delete(old);
  };
  if (found !== undefined) remember(found);
  const seal = async (name: string, tensors: ReadonlyMap<string, StoredTensor>): Promise<SealedFile> => {
    await mkdir(folder, { recursive: true });
    return { name, sha256: await replaceFile(join(folder, name), (path) => writeSafetensors(path, tensors)) };
  };
  const clean = (): Promise<void> =>
    sweep(folder, new Set([logName, ...[...kept.values()].flat(), ...(best === undefined ? [] : [best.name])]));
  return {
    folder,
    async saveBest(step, weights) {
      best = await seal(`best-${step}.safetensors`, weightTensors(weights));
      await clean();
    },
    async save(state, progress) {
      const { step } = state;
      const sealed = await seal(`state-${step}.safetensors`, stateTensors(state));
      const averaged = state.average?.count;
      const generation: Generation = { version: 2, step, progress, averaged, state: sealed, best, ...identity };
      await writeSealedJson(join(folder, progressName(step)), generation);
      remember(generation);
      await clean();
      return sealed.sha256;
    },
    async loadBest(state) {
      if (best === undefined) throw new TaxonError({ code: 'internal', message: 'no weights were kept as the best' });
      await verify(folder, best);
      await readInto(join(folder, best.name), weightTensors(weightsOf(state)));
    },
    remove: () => removeCheckpoint(folder),
  };
};

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

/** Copies a checkpoint into `state`; the progress is the caller's to change. */
export const restore = async (folder: string, generation: Generation, state: ModelState): Promise<FitProgress> => {
  await readInto(join(folder, generation.state.name), stateTensors(state));
  if (state.average !== undefined) state.average.count = generation.averaged ?? 0;
  state.step = generation.step;
  return generation.progress;
};

const readGeneration = async (folder: string, step: number): Promise<Generation> => {
  const path = join(folder, progressName(step));
  const generation = readSealedJson(path, await readFile(path, 'utf8')) as Generation;
  if ((generation.version as number) !== 2) throw damaged(path, 'it was written by another version of Taxon');
  await verify(folder, generation.state);
  if (generation.best !== undefined) await verify(folder, generation.best);
  return generation;
};

/**
 * The newest checkpoint of a folder that is whole.
 * @param onDamaged told of every newer one that is not
 * @throws TaxonError `failed_precondition` where there is none
 */
export const findCheckpoint = async (folder: string, onDamaged: (message: string) => void): Promise<Generation> => {
  const complaints: string[] = [];
  for (const step of await generationSteps(folder))
    try {
      const generation = await readGeneration(folder, step);
      for (const complaint of complaints)
        onDamaged(`${complaint}; going on from the checkpoint before it, at step ${generation.step}`);
      return generation;
    } catch (error) {
      if (!(error instanceof TaxonError)) throw error;
      complaints.push(error.message);
    }
  throw new TaxonError({
    code: 'failed_precondition',
    message:
      complaints.length === 0
        ? `${folder} holds no checkpoint to resume from`
        : `${folder} holds no whole checkpoint: ${complaints.join('; ')}`,
    hint: 'Run without --resume to start anew.',
  });
};

/** Options that may differ when a run goes on: they change how fast it runs or where its files lie, not what it computes. */
const freeOptions = new Set(['spin', 'checkpoint']);

const differences = (before: Recipe, now: Recipe): string[] =>
  Object.keys(now).filter((key) => {
    const at = key as keyof Recipe;
    return !freeOptions.has(key) && JSON.stringify(before[at]) !== JSON.stringify(now[at]);
  });

/** @throws TaxonError `failed_precondition` when a checkpoint belongs to another recipe or other data */
export const expectSameRun = (
  folder: string,
  found: CheckpointIdentity,
  now: Pick<CheckpointIdentity, 'recipe'> & Partial<CheckpointIdentity>,
): void => {
  const refuse = (message: string, hint: string) => new TaxonError({ code: 'failed_precondition', message, hint });
  const changed = differences(found.recipe, now.recipe);
  if (changed.length > 0)
    throw refuse(
      `${folder}: the interrupted run differs in ${changed.join(', ')}`,
      'Resume with the same options, or run without --resume to start anew.',
    );
  if (now.dataDigest !== undefined && found.dataDigest !== now.dataDigest)
    throw refuse(`${folder}: the data changed since the run was interrupted`, 'Run without --resume to start anew.');
};

export const removeCheckpoint = (folder: string): Promise<void> => rm(folder, { recursive: true, force: true });
