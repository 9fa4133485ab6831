import { mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { TaxonError } from '@taxon/errors';
import { openSafetensors, writeSafetensors, type StoredTensor } from '@taxon/models';
import { findCheckpoint, generationSteps, type CheckpointIdentity, type Generation } from '../checkpoint.ts';
import { readSealedJson, replaceFile, verify, writeSealedJson, type SealedFile } from '../checkpoint-files.ts';

// A run of many trainings lives in OUTPUT.checkpoint/, too: plan.json says which run it is, and every training has a folder, with
// checkpoints in `training/` while it goes on and result.json, written last, once it is done.

interface Plan extends CheckpointIdentity {
  version: 1;
}

const planPath = (folder: string): string => join(folder, 'plan.json');

/** @throws TaxonError `failed_precondition` where no run of many trainings was begun */
export const readPlan = async (folder: string): Promise<CheckpointIdentity> => {
  const path = planPath(folder);
  const text = await readFile(path, 'utf8').catch(() => {
    throw new TaxonError({
      code: 'failed_precondition',
      message: `${folder} holds no checkpoint to resume from`,
      hint: 'Run without --resume to start anew.',
    });
  });
  return readSealedJson(path, text) as Plan;
};

export const writePlan = async (folder: string, identity: CheckpointIdentity): Promise<void> => {
  await mkdir(folder, { recursive: true });
  await writeSealedJson(planPath(folder), { version: 1, ...identity });
};

/** Where one training's checkpoints lie while it goes on. */
export const trainingFolder = (folder: string): string => join(folder, 'training');

/** The checkpoint of an unfinished training, if it has a whole one. */
export const findUnfinished = async (
  folder: string,
  onDamaged: (message: string) => void,
): Promise<Generation | undefined> => {
  if ((await generationSteps(folder)).length === 0) return undefined;
  try {
    return await findCheckpoint(folder, onDamaged);
  } catch (error) {
    onDamaged(`${TaxonError.from(error).message}; this training begins anew`);
    return undefined;
  }
};

const resultPath = (folder: string): string => join(folder, 'result.json');

/** What a training has come to; undefined where it is not done, or what it left is damaged. */
export const readResult = async <Result extends object>(folder: string): Promise<Result | undefined> => {
  const path = resultPath(folder);
  const text = await readFile(path, 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  try {
    return readSealedJson(path, text) as Result;
  } catch {
    return undefined;
  }
};

export const writeResult = async (folder: string, result: object): Promise<void> => {
  await mkdir(folder, { recursive: true });
  await writeSealedJson(resultPath(folder), result);
};

/** Forgets how a training came to its result. */
export const forgetTraining = (folder: string): Promise<void> =>
  rm(trainingFolder(folder), { recursive: true, force: true });

/** Arrays by name, as one file with its digest; those that are empty or absent are left out. */
export const writeArrays = async (
  folder: string,
  name: string,
  arrays: Readonly<Record<string, Float32Array | undefined>>,
): Promise<SealedFile> => {
  await mkdir(folder, { recursive: true });
  const tensors = new Map<string, StoredTensor>();
  for (const [key, data] of Object.entries(arrays))
    if (data !== undefined && data.length > 0) tensors.set(key, { shape: [data.length], data });
  const sha256 = await replaceFile(join(folder, name), (path) => writeSafetensors(path, tensors));
  return { name, sha256 };
};

/** @throws TaxonError `failed_precondition` where the file is not what was written */
export const readArrays = async (folder: string, sealed: SealedFile): Promise<Record<string, Float32Array>> => {
  await verify(folder, sealed);
  const file = await openSafetensors(join(folder, sealed.name));
  try {
    const arrays: Record<string, Float32Array> = {};
    for (const name of file.names) arrays[name] = (await file.read(name)).data;
    return arrays;
  } finally {
    await file.close();
  }
};
