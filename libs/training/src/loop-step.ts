import { createResidentSession, type SessionOptions } from '@taxon/compute';
import { flatLayout, flatten, groupShares, unflatten } from './flat-state.ts';
import { callFeeds } from './loop-feeds.ts';
import { initialScale } from './loss-scale.ts';
import type { ModelState } from './model-state.ts';
import { objectiveOf } from './objective.ts';
import { operatorsOf } from './programs.ts';
import type { StepOptions, StepResult, TrainingStep, Update } from './training-step.ts';
import { compileUpdates } from './update-program.ts';

export interface LoopStepOptions extends StepOptions {
  /** Most batches of an update; they are summed one after the other. @default 1 */
  batchesPerUpdate?: number;
  /** Updates of one native call. @default 1 on WebGPU, where the state stays on the device anyway; else 64 */
  updatesPerCall?: number;
  /** fp16: matrix products in half precision, with loss scaling. @default 'fp32' */
  precision?: 'fp32' | 'fp16';
  /** Where the search for the loss scale begins. @default 65536 */
  lossScale?: number;
}

/** Copying the state in and out takes as long as about two updates do. */
const defaultUpdatesPerCall = 64;

/**
 * A training step for devices: the whole update is nodes of one program, and the state is on the device while it runs. The
 * host's state is behind until `sync`.
 */
export const createLoopStep = async (
  state: ModelState,
  options: LoopStepOptions,
  session: SessionOptions,
): Promise<TrainingStep> => {
  const { batchesPerUpdate = 1, precision = 'fp32', lossScale } = options;
  const { updatesPerCall = session.device === 'webgpu' ? 1 : defaultUpdatesPerCall } = options;
  const { encoder, head, shapes } = state;
  const objective = objectiveOf({ ...options, head });
  const layout = flatLayout(shapes, encoder);
  const half = precision === 'fp16';
  const { shape, dropout, layerDecay, clipNorm, recompute } = options;
  const { beta1, beta2, epsilon, weightDecay } = options.adamw;
  const program = compileUpdates({
    encoder,
    head,
    shape,
    dropout,
    recompute,
    operators: operatorsOf(session.device),
    layerDecay,
    clipNorm,
    adamw: { beta1, beta2, epsilon, weightDecay },
    batchesPerUpdate,
    half,
    objective,
    looped: updatesPerCall > 1,
  });
  const resident = await createResidentSession(
    program,
    { ...flatten(state, layout), ...(half ? initialScale(lossScale) : {}) },
    session,
  );
  const feedOptions = { ...options, objective, encoder, batchesPerUpdate };
  const shares = groupShares(layout, options.layerDecay, options.adamw.weightDecay);
  let ahead = false; // of the host's state

  const call = async (updates: readonly Update[]): Promise<StepResult[]> => {
    const { losses, gradientNorm, applied } = await resident.run({
      ...callFeeds(updates, state.step, feedOptions),
      shares,
    });
    for (const one of applied!.data) state.step += one;
    ahead = true;
    const slots = losses!.shape[2]!;
    return updates.map(({ batches }, update) => {
      const perBatch = batches.map(({ slots: places }, batch) =>
        Float32Array.from(places, (slot) => losses!.data[(update * batchesPerUpdate + batch) * slots + slot]!),
      );
      const count = batches.reduce((sum, { texts }) => sum + texts.length, 0);
      const total = perBatch.reduce((sum, batch) => batch.reduce((a, b) => a + b, sum), 0);
      return { loss: total / count, losses: perBatch, gradientNorm: gradientNorm!.data[update]! };
    });
  };

  return {
    updatesPerCall,
    async runAll(updates) {
      const results: StepResult[] = [];
      for (let i = 0; i < updates.length; i += updatesPerCall)
        results.push(...(await call(updates.slice(i, i + updatesPerCall))));
      return results;
    },
    async run(batches, learningRate) {
      const [result] = await call([{ batches, learningRate }]);
      return result!;
    },
    async sync() {
      if (ahead) unflatten(state, layout, await resident.read());
      ahead = false;
    },
    dispose: () => resident.dispose(),
  };
};
