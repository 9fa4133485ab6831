import type { SessionOptions } from '@taxon/compute';
import { createTrainingStep } from '@taxon/training';
import { createBenchModel, learningRate } from './bench-model.ts';
import type { StepTimes, TaxonPrecision } from './step-request.ts';
import type { StepWork } from './step-work.ts';

/** Seconds of whole training steps: forward, backward, clipping and AdamW, embeddings included. */
export const measureTrainingStep = async (
  work: StepWork,
  precision: TaxonPrecision,
  session: SessionOptions,
): Promise<StepTimes> => {
  const { state, options, batches } = createBenchModel(work, precision);
  const step = await createTrainingStep(state, options, session);
  const times: number[] = [];
  const once = async (): Promise<number> => {
    const start = performance.now();
    await step.run(batches, learningRate);
    return (performance.now() - start) / 1000;
  };
  for (let i = 0; i < 2; i++) await once();
  const deadline = performance.now() + work.seconds * 1000;
  while (times.length < 5 || performance.now() < deadline) times.push(await once());
  await step.dispose();
  return { times };
};
