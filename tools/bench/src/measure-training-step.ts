import type { SessionOptions } from '@taxon/compute';
import { parameterShapes, type EncoderConfig, type HeadConfig, type Weights } from '@taxon/models';
import { fillBatch, planBatches, type PackShape } from '@taxon/text';
import { createModelState, createTrainingStep, type LabelledBatch } from '@taxon/training';
import type { StepTimes, StepWork } from './step-work.ts';

const vocabulary = 30_522;

/** Numbers that look like weights: their values change nothing about a step's time, unless they were denormals or NaN. */
const noise = (length: number): Float32Array =>
  Float32Array.from({ length }, (_, index) => 0.02 * Math.sin(index * 12.9898));

const startWeights = (encoder: EncoderConfig, head: HeadConfig): Weights => {
  const parameters = Object.entries(parameterShapes(encoder, head)).map(([name, shape]) => {
    const size = shape.reduce((product, extent) => product * extent, 1);
    return [name, name.endsWith('.gamma') ? new Float32Array(size).fill(1) : noise(size)] as const;
  });
  return {
    words: noise(encoder.vocabulary * encoder.hidden),
    positions: noise(encoder.positions * encoder.hidden),
    types: noise(encoder.types * encoder.hidden),
    parameters: Object.fromEntries(parameters),
  };
};

/** One text a row, as long as the row: what the peer is given, too. */
const fullBatch = ({ rows, length, labels }: StepWork, shape: PackShape): LabelledBatch => {
  const lengths = new Array<number>(rows).fill(length);
  const [plan] = planBatches(lengths, lengths.keys(), shape);
  const ids = (text: number) => Int32Array.from({ length }, (_, i) => 1000 + ((text * 7919 + i * 104_729) % 29_000));
  return {
    ...fillBatch(plan!, ids, shape, { pooling: 'mean', padId: 0 }),
    labels: Int32Array.from({ length: rows }, (_, text) => (text * 31) % labels),
  };
};

const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1]!;

/** Seconds of whole training steps: forward, backward, clipping and AdamW, embeddings included. */
export const measureTrainingStep = async (work: StepWork, session: SessionOptions): Promise<StepTimes> => {
  const { layers, hidden, heads, labels, rows, length } = work;
  const encoder: EncoderConfig = {
    ...{ layers, hidden, heads, vocabulary, intermediate: 4 * hidden, positions: 512, types: 2 },
    layerNormEpsilon: 1e-12,
  };
  const head: HeadConfig = { kind: 'dense', pooling: 'mean', normalize: false, classes: labels };
  const shape: PackShape = { rows, length, slots: 1 };
  const state = createModelState(startWeights(encoder, head), encoder, head);
  const adamw = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0.01 };
  const options = { shape, adamw, layerDecay: 1, clipNorm: 1, dropout: 0, seed: 0 };
  const step = await createTrainingStep(state, options, session);
  const batch = fullBatch(work, shape);

  const times: number[] = [];
  const once = async (): Promise<number> => {
    const start = performance.now();
    await step.run([batch], 5e-5);
    return (performance.now() - start) / 1000;
  };
  for (let i = 0; i < 2; i++) await once();
  const deadline = performance.now() + work.seconds * 1000;
  while (times.length < 5 || performance.now() < deadline) times.push(await once());
  await step.dispose();
  return { median: median(times), best: Math.min(...times) };
};
