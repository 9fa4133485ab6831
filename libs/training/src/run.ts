import { availableParallelism, loadavg } from 'node:os';
import type { SessionOptions } from '@taxon/compute';
import type { LabelSpace } from '@taxon/data';
import type { Prompt } from '@taxon/models';
import type { PackShape } from '@taxon/text';
import type { Checkpoints } from './checkpoint.ts';
import type { Device } from './device.ts';
import type { Extension } from './extra-loss.ts';
import type { Evaluation, FitProgress } from './fit.ts';
import type { ForwardPass, TokenizedTexts } from './forward-pass.ts';
import type { ModelState } from './model-state.ts';
import type { RunLog } from './logging/run-log.ts';
import type { SolvedHeads } from './initial-head.ts';
import type { Objective } from './objective.ts';
import type { PreparedData } from './prepare-data.ts';
import type { PreparedRun } from './prepare-run.ts';
import type { TrainingEvent } from './progress.ts';
import type { Recipe } from './recipe.ts';
import type { Reporter } from './reporter.ts';
import type { Parts } from './tokenize-parts.ts';

export interface RunOptions {
  /** Aborting stops between two steps; what training did is kept as a checkpoint. */
  signal: AbortSignal;
  onEvent: (event: TrainingEvent) => void;
  resume: boolean;
  /** Asked once everything is read and tokenized; for a recipe of one training, on the processor. */
  extend?: (prepared: PreparedRun) => Promise<Extension>;
}

/** What a run holds while it trains. */
export interface Run {
  recipe: Recipe;
  data: PreparedData;
  space: LabelSpace;
  parts: Parts;
  /** Texts that no label fits, where the recipe names some. */
  outOfScope?: TokenizedTexts;
  /** Of a prompt head. */
  prompt: Prompt | undefined;
  state: ModelState;
  objective: Objective;
  shape: PackShape;
  device: Device;
  session: SessionOptions;
  /** In the precision of training, which is enough for features and for choosing the best weights. */
  forward: ForwardPass;
  reporter: Reporter;
  log: RunLog;
  options: RunOptions;
  checkpoints: Checkpoints;
  /** The progress of the run that this one goes on from. */
  resumed: FitProgress | undefined;
  /** Asked after every evaluation; false ends the training there. */
  goesOn?: (evaluation: Evaluation) => boolean;
  /** Solved heads that trainings share. */
  heads?: SolvedHeads;
  /** What is added to the recipe from outside. */
  extension?: Extension;
}

/** Spinning pays on idle cores only: half a core's worth of other work makes it lose. */
const coresAreIdle = (): boolean => loadavg()[0]! < 0.5 * availableParallelism();

export const sessionOptions = ({ threads, spin }: Recipe): SessionOptions => ({
  threads: threads === 0 ? availableParallelism() : threads,
  spin: spin === 'auto' ? coresAreIdle() : spin,
});
