import { cp, readdir, readFile } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import type { LabelIndices, LabelSpace } from '@taxon/data';
import { writeEpochLogits } from '@taxon/evaluation';
import { logName } from '../checkpoint.ts';
import type { Evaluation, FitProgress, StepRecord } from '../fit.ts';
import type { Recipe } from '../recipe.ts';
import type { Reporter } from '../reporter.ts';
import { taskLogits } from '../task-logits.ts';
import { createEventFile, type EventFile } from './event-file.ts';
import { evaluationLine, openHistory, type HistoryLine } from './history-file.ts';
import { sendToWandb } from './wandb.ts';

/** What a run writes while it goes on. */
export interface RunLog {
  step(record: StepRecord): void;
  evaluation(split: 'validation' | 'test', evaluation: Omit<Evaluation, 'loss'> & { loss?: number }): void;
  /** Logits [texts, C] and labels of the validation part, where the recipe wants them kept. */
  logits(at: Pick<Evaluation, 'epoch' | 'step'>, logits: Float32Array, labels: readonly LabelIndices[]): Promise<void>;
  /** What `finish` will put into the run's folder. */
  files(): Promise<{ path: string; what: string }[]>;
  /** Copies all into the finished run's folder, and tells others of it who were asked for. */
  finish(runFolder: string, signal?: AbortSignal): Promise<void>;
}

/** Of one task: a file of some 10 MB. */
const mostLogits = 1_000_000;

const scalarsOf = (line: HistoryLine): Record<string, number> => {
  if (line.kind === 'step')
    return { 'train/loss': line.loss, 'train/learningRate': line.learningRate, 'train/epoch': line.epoch };
  const { split, loss, figures, tasks = {} } = line;
  const named = (figuresOf: Readonly<Record<string, number>>, prefix: string): [string, number][] =>
    Object.entries(figuresOf).map(([name, value]) => [`${prefix}/${name}`, value]);
  return Object.fromEntries([
    ...(loss === undefined ? [] : named({ loss }, split)),
    ...named(figures, split),
    ...Object.entries(tasks).flatMap(([task, own]) => named(own, `${split}, ${task}`)),
  ]);
};

/** Whether a task's logits are kept. */
const keepsLogits = ({ logging: { epochLogits } }: Recipe, texts: number, labels: number): boolean =>
  epochLogits === 'auto' ? texts * labels <= mostLogits : epochLogits;

const createEvents = ({ logging }: Recipe, folder: string, after: number | undefined): EventFile | undefined => {
  const { tensorboard, tensorboardFolder } = logging;
  if (!tensorboard && tensorboardFolder === undefined) return undefined;
  return createEventFile(tensorboardFolder ?? join(folder, 'tensorboard'), after);
};

/** The run is finished and saved: what goes wrong here is a warning. */
const tellWandb = async (
  recipe: Recipe,
  folder: string,
  reporter: Pick<Reporter, 'emit'>,
  signal: AbortSignal | undefined,
): Promise<void> => {
  const { wandb } = recipe.logging;
  if (wandb === undefined) return;
  const { name = basename(resolve(recipe.output)) } = wandb;
  try {
    const lines = (await readFile(join(folder, 'history.jsonl'), 'utf8')).trimEnd().split('\n');
    const points = lines.map((text) => JSON.parse(text) as HistoryLine);
    const told = points.map((line) => ({ step: line.step, scalars: scalarsOf(line) }));
    const address = await sendToWandb({ ...wandb, name }, { folder, config: recipe, points: told }, signal);
    const message =
      address === undefined
        ? `Weights & Biases: written to ${join(folder, 'wandb')}; wandb sync sends it`
        : `Weights & Biases: ${address}`;
    reporter.emit({ kind: 'notice', level: 'info', message });
  } catch (error) {
    signal?.throwIfAborted();
    const message = error instanceof Error ? error.message : String(error);
    reporter.emit({ kind: 'notice', level: 'warning', message });
  }
};

/** By their names in the run's folder, in the order that they are told in. */
const contents: Readonly<Record<string, string>> = {
  'history.jsonl': 'every step and evaluation as it happened',
  epochs: 'logits and labels of the validation part at every evaluation',
  tensorboard: 'event files for TensorBoard',
};

/** What stands in the folder of a run that goes on. */
export const logFolder = (checkpointFolder: string): string => join(checkpointFolder, logName);

export interface RunLogOptions {
  recipe: Recipe;
  space: LabelSpace;
  /** Texts of the validation part. */
  validationTexts: number;
  /** Of an unfinished run. */
  folder: string;
  resumed?: FitProgress;
  resumedAfter?: number;
  reporter: Pick<Reporter, 'emit'>;
}

/**
 * Opens `history.jsonl`, and what else the recipe asks for. All lies beside the checkpoint until the run is finished, so that a
 * run that goes on loses nothing.
 */
export const openRunLog = async (options: RunLogOptions): Promise<RunLog> => {
  const { recipe, space, validationTexts, folder, resumed, resumedAfter, reporter } = options;
  const history = await openHistory(join(folder, 'history.jsonl'), resumed);
  const events = createEvents(recipe, folder, resumedAfter);
  const kept = space.tasks.map(({ labels }) => keepsLogits(recipe, validationTexts, labels.length));
  if (recipe.logging.epochLogits === 'auto' && kept.includes(false) && validationTexts > 0)
    reporter.emit({
      kind: 'notice',
      level: 'info',
      message: `the validation part's logits are not kept: more than ${mostLogits.toLocaleString('en')} of them; logging.epochLogits: true keeps them all the same`,
    });
  const tell = (line: HistoryLine): void => {
    history.append(line);
    events?.scalars(line.step, scalarsOf(line));
  };
  return {
    step: (record) => tell({ kind: 'step', ...record }),
    evaluation: (split, evaluation) => tell(evaluationLine(split, evaluation)),
    async logits({ epoch, step }, logits, labels) {
      for (const [task, { name, labels: names }] of space.tasks.entries()) {
        if (!kept[task]!) continue;
        const own = taskLogits(logits, labels, space, task);
        await writeEpochLogits(join(folder, 'epochs'), epoch, {
          ...{ split: 'validation', labels: names, step },
          ...(space.tasks.length > 1 && { task: { name, number: task + 1 } }),
          ...own,
        });
      }
    },
    async files() {
      const there = new Set(await readdir(folder).catch(() => []));
      return Object.entries(contents).flatMap(([name, what]) =>
        there.has(name) ? [{ path: name.includes('.') ? name : `${name}/`, what }] : [],
      );
    },
    async finish(runFolder, signal) {
      await cp(folder, runFolder, { recursive: true });
      await tellWandb(recipe, runFolder, reporter, signal);
    },
  };
};
