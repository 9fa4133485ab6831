import { parameterShapes, type EncoderConfig, type HeadConfig, type Weights } from '@taxon/models';
import { fillBatch, planBatches, type PackShape } from '@taxon/text';
import {
  createModelState,
  microBatches,
  singleLabelTargets,
  type LabelledBatch,
  type ModelState,
  type Precision,
  type StepOptions,
} from '@taxon/training';
import { tokensOf, type StepWork } from './step-work.ts';

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

/** How a training run cuts a step of these tokens: rows of one native call, and calls an update. */
const cutStep = (work: StepWork): { rows: number; calls: number; tokensPerCall: number } => {
  const sizes = { optimizer: { tokensPerStep: tokensOf(work), accumulation: 1 } };
  const { tokens, batchesPerUpdate } = microBatches(sizes, 'cpu');
  const rows = Math.ceil(tokens / work.length);
  return { rows, calls: batchesPerUpdate, tokensPerCall: rows * work.length };
};

export const tokensPerCall = (work: StepWork): number => cutStep(work).tokensPerCall;

/** One text a row, as long as the row: what the peer is given, too. */
const fullBatches = ({ rows, length, labels }: StepWork, shape: PackShape): LabelledBatch[] => {
  const lengths = new Array<number>(rows).fill(length);
  const ids = (text: number) => Int32Array.from({ length }, (_, i) => 1000 + ((text * 7919 + i * 104_729) % 29_000));
  return planBatches(lengths, lengths.keys(), shape).map((plan) => ({
    ...fillBatch(plan, ids, shape, { pooling: 'mean', padId: 0 }),
    targets: singleLabelTargets(plan.texts.map((text) => (text * 31) % labels)),
  }));
};

export interface BenchModel {
  state: ModelState;
  options: StepOptions;
  /** The native calls of one step. */
  batches: LabelledBatch[];
  encoder: EncoderConfig;
  head: HeadConfig;
}

const stepSettings = {
  ...{ layerDecay: 1, clipNorm: 1, dropout: 0, seed: 0 },
  adamw: { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0.01 },
};

/** A model of made-up weights and one step's batches, cut into native calls as a training run cuts them. */
export const createBenchModel = (work: StepWork, precision: Precision): BenchModel => {
  const { layers, hidden, heads, labels, length } = work;
  const encoder: EncoderConfig = {
    ...{ layers, hidden, heads, vocabulary, intermediate: 4 * hidden, positions: 512, types: 2 },
    layerNormEpsilon: 1e-12,
  };
  const head: HeadConfig = { kind: 'dense', pooling: 'mean', normalize: false, classes: labels };
  const { rows, calls } = cutStep(work);
  const shape: PackShape = { rows, length, slots: 1 };
  const state = createModelState(startWeights(encoder, head), encoder, head, { precision });
  const options = { shape, ...stepSettings, accumulate: calls > 1 };
  return { state, options, batches: fullBatches(work, shape), encoder, head };
};

export const learningRate = 5e-5;
