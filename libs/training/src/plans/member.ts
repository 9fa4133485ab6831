import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { Example } from '@taxon/data';
import type { DecisionRule } from '@taxon/models';
import type { SealedFile } from '../checkpoint-files.ts';
import { createForwardFor } from '../device.ts';
import { scoreFinal } from '../final-scores.ts';
import { saveState, savedFacts } from '../finish-run.ts';
import type { LabelledTexts } from '../fit.ts';
import type { TokenizedTexts } from '../forward-pass.ts';
import { weightsOf } from '../model-state.ts';
import type { PreparedData } from '../prepare-data.ts';
import type { PreparedRun } from '../prepare-run.ts';
import type { TrainingOfMany } from '../progress.ts';
import type { Recipe } from '../recipe.ts';
import type { Parts } from '../tokenize-parts.ts';
import { trainOnce, type Training, type TrainedRun } from '../train-once.ts';
import {
  findUnfinished,
  forgetTraining,
  readArrays,
  readResult,
  trainingFolder,
  writeArrays,
  writeResult,
} from './plan-folder.ts';

/** A training on some of the texts, and the texts that it is asked about in the end. */
export interface Member {
  purpose: TrainingOfMany['purpose'];
  /** Of its folder. */
  name: string;
  /** Training texts, some perhaps several times. */
  train: readonly number[];
  /** Validation texts that choose its best weights. @default all */
  validation?: readonly number[];
  heldOut: { examples: Example[]; texts: LabelledTexts };
}

/** What a member says: logits [texts, C], under its own temperatures. */
export interface MemberAnswers {
  rule: DecisionRule;
  heldOut: Float32Array;
  validation?: Float32Array;
  test?: Float32Array;
  outOfScope?: Float32Array;
}

/** What is kept of a member beside its answers: its weights before temperatures, or a model folder. */
export type MemberKeeps = 'nothing' | 'weights' | 'model';

/** A run of many trainings on its way. */
export interface Plan {
  prepared: PreparedRun;
  /** As it stands, or as a search has left it. */
  recipe: Recipe;
  folder: string;
  /** Tells which training begins. */
  begin: (purpose: TrainingOfMany['purpose']) => void;
}

interface StoredMember {
  rule: DecisionRule;
  answers: SealedFile;
  weights?: SealedFile;
}

export const memberFolder = ({ folder }: Pick<Plan, 'folder'>, name: string): string => join(folder, name);

/** Nothing but the model that is kept is told to others, and none but it abstains. */
export const quiet = (recipe: Recipe): Recipe => ({
  ...recipe,
  abstain: { coverage: 1 },
  logging: { epochLogits: false, tensorboard: false },
});

const pick = <T>(list: readonly T[], chosen: readonly number[]): T[] => chosen.map((i) => list[i]!);

/** Some of the texts, in the given order. */
export const pickTexts = (texts: LabelledTexts, chosen: readonly number[]): LabelledTexts => ({
  ...texts,
  ids: pick(texts.ids, chosen),
  ...(texts.types && { types: pick(texts.types, chosen) }),
  targets: pick(texts.targets, chosen),
});

/** The data of a member: its own share of the training part, and as test part the texts that it is asked about. */
const memberData = (
  { data, parts }: Pick<PreparedRun, 'data' | 'parts'>,
  { train, validation, heldOut }: Member,
): { data: PreparedData; parts: Parts } => {
  const chosen = validation ?? [...data.validation.keys()];
  const hash = createHash('sha256').update(`${data.digest}\0${train.join()}\0${chosen.join()}`);
  return {
    data: {
      ...data,
      train: pick(data.train, train),
      trainLabels: pick(data.trainLabels, train),
      validation: pick(data.validation, chosen),
      test: heldOut.examples,
      digest: hash.digest('hex'),
    },
    parts: {
      train: pickTexts(parts.train, train),
      validation: pickTexts(parts.validation, chosen),
      test: heldOut.texts,
    },
  };
};

/** What the texts come to that a vote is scored and tuned on, of the weights as they will be served. */
const voteLogits = async (
  { state, shape, device, session, forward }: TrainedRun,
  { parts, outOfScope }: PreparedRun,
): Promise<Pick<MemberAnswers, 'test' | 'outOfScope'>> => {
  const exact = state.precision === 'fp32' ? forward : await createForwardFor(device, state, shape, session);
  const logitsOf = async (texts: TokenizedTexts | undefined): Promise<Float32Array | undefined> =>
    texts === undefined || texts.ids.length === 0 ? undefined : (await exact.run(state, texts)).logits;
  try {
    return { test: await logitsOf(parts.test), outOfScope: await logitsOf(outOfScope) };
  } finally {
    if (exact !== forward) await exact.dispose();
  }
};

const keepMember = async (plan: Plan, folder: string, run: TrainedRun, keeps: MemberKeeps): Promise<void> => {
  const { prepared } = plan;
  const weights = keeps === 'weights' ? flatWeights(run) : undefined;
  prepared.reporter.stage('evaluate');
  const sealedWeights = weights && (await writeArrays(folder, 'weights.safetensors', weights));
  const final = await scoreFinal(run);
  const more = keeps === 'model' ? await voteLogits(run, prepared) : {};
  if (keeps === 'model') {
    prepared.reporter.stage('save');
    await saveState(join(folder, 'model'), run, prepared, final.rule, savedFacts(run, []));
  }
  const answers = { heldOut: final.test?.logits, validation: final.validation?.logits, ...more };
  const stored: StoredMember = {
    rule: final.rule,
    answers: await writeArrays(folder, 'answers.safetensors', answers),
    ...(sealedWeights && { weights: sealedWeights }),
  };
  await writeResult(folder, stored);
  await forgetTraining(folder);
};

/** All numbers of a model by name, sharing its memory. */
export const flatWeights = ({ state }: Pick<TrainedRun, 'state'>): Record<string, Float32Array> => {
  const { parameters, ...tables } = weightsOf(state);
  return { ...tables, ...parameters };
};

const readMember = async (folder: string): Promise<MemberAnswers | undefined> => {
  const stored = await readResult<StoredMember>(folder);
  if (stored === undefined) return undefined;
  const answers = await readArrays(folder, stored.answers).catch(() => undefined);
  if (answers === undefined) return undefined; // damaged: the member is trained again
  const { heldOut = new Float32Array(), ...rest } = answers;
  return { rule: stored.rule, heldOut, ...rest };
};

/** The weights that a member kept. */
export const readMemberWeights = async (folder: string): Promise<Record<string, Float32Array>> => {
  const stored = await readResult<StoredMember>(folder);
  return readArrays(folder, stored!.weights!);
};

/** Trains a member, or goes on with it, or reads what it has come to. */
export const trainMember = async (plan: Plan, member: Member, keeps: MemberKeeps): Promise<MemberAnswers> => {
  const { prepared, recipe } = plan;
  const folder = memberFolder(plan, member.name);
  plan.begin(member.purpose);
  const known = await readMember(folder);
  if (known !== undefined) return known;
  const warn = (message: string): void => prepared.reporter.emit({ kind: 'notice', level: 'warning', message });
  const training: Training = {
    recipe: quiet(recipe),
    ...memberData(prepared, member),
    folder: trainingFolder(folder),
    found: await findUnfinished(trainingFolder(folder), warn),
  };
  await trainOnce(prepared, training, (run) => keepMember(plan, folder, run, keeps));
  return (await readMember(folder))!;
};
