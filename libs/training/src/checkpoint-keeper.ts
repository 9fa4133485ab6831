import type { Checkpoints } from './checkpoint.ts';
import type { FitProgress } from './fit.ts';
import type { ModelState } from './model-state.ts';
import type { Recipe } from './recipe.ts';
import type { Reporter } from './reporter.ts';
import type { TrainingStep } from './training-step.ts';

export interface CheckpointKeeper {
  save: () => Promise<void>;
  /** Saves when the recipe's clock or count says that it is time. */
  saveIfDue: () => Promise<void>;
}

export const createCheckpointKeeper = (
  checkpoints: Checkpoints,
  state: ModelState,
  step: Pick<TrainingStep, 'sync'>,
  progress: FitProgress,
  { minutes, updates }: Recipe['checkpoint'],
  reporter: Reporter,
): CheckpointKeeper => {
  let last = performance.now();
  const save = async (): Promise<void> => {
    await step.sync();
    const digest = await checkpoints.save(state, progress);
    last = performance.now();
    reporter.emit({ kind: 'checkpoint', folder: checkpoints.folder, step: state.step, digest });
  };
  return {
    save,
    async saveIfDue() {
      const byClock = minutes > 0 && performance.now() - last > minutes * 60_000;
      const byCount = updates > 0 && state.step % updates === 0;
      if (byClock || byCount) await save();
    },
  };
};
