import { createRandom } from '@taxon/data';
import { findEngine, type EngineName } from '@taxon/engines';
import type { EncoderConfig, HeadConfig, Weights } from '@taxon/models';
import { parameterShapes } from '@taxon/models';
import { planBatches, type PackShape } from '@taxon/text';
import { openDevice } from './device.ts';
import type { LabelledTexts } from './fit.ts';
import { fillTexts } from './forward-pass.ts';
import { singleLabelTargets } from './objective.ts';
import type { LabelledBatch, StepOptions } from './training-step.ts';

/** A BERT small enough to train in milliseconds. */
export const tinyEncoder: EncoderConfig = {
  layers: 2,
  hidden: 16,
  heads: 2,
  intermediate: 32,
  positions: 32,
  vocabulary: 60,
  types: 2,
  layerNormEpsilon: 1e-12,
};

export const tinyHead: HeadConfig = { kind: 'dense', pooling: 'mean', normalize: true, classes: 3 };

export const tinyShape: PackShape = { rows: 4, length: 16, slots: 4 };

export const session = { threads: 1 };

/** Whether ONNX Runtime finds a WebGPU adapter on this machine. */
export const webGpuIsThere = (): Promise<boolean> =>
  openDevice('webgpu').then(
    () => true,
    () => false,
  );

/** How the tests of steps learn, whatever the step runs on. */
export const tinyStep: StepOptions = {
  shape: tinyShape,
  adamw: { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0.01 },
  layerDecay: 0.9,
  clipNorm: 1,
  dropout: 0,
  seed: 3,
};

export const tinyWeights = (head: HeadConfig = tinyHead, seed = 1): Weights => {
  const random = createRandom(seed);
  const draw = (size: number, scale: number): Float32Array =>
    Float32Array.from({ length: size }, () => scale * (random() - 0.5));
  const { vocabulary, positions, types, hidden } = tinyEncoder;
  const parameters: Record<string, Float32Array> = {};
  for (const [name, shape] of Object.entries(parameterShapes(tinyEncoder, head))) {
    const size = shape.reduce((a, b) => a * b, 1);
    parameters[name] = name.endsWith('gamma')
      ? new Float32Array(size).fill(1)
      : draw(size, name.endsWith('bias') ? 0.1 : 0.5);
  }
  return {
    words: draw(vocabulary * hidden, 1),
    positions: draw(positions * hidden, 0.3),
    types: draw(types * hidden, 0.3),
    parameters,
  };
};

/** Texts of 3 to 9 tokens whose class decides which third of the vocabulary they use. */
export const tinyTexts = (count: number, seed = 7): LabelledTexts => {
  const random = createRandom(seed);
  const labels = Int32Array.from({ length: count }, (_, i) => i % 3);
  const ids = Array.from(labels, (label) =>
    Int32Array.from({ length: 3 + Math.floor(random() * 7) }, () => 1 + label * 19 + Math.floor(random() * 19)),
  );
  return { ids, targets: singleLabelTargets(labels), padId: 0 };
};

/** The given texts as batches, in order. */
export const batchesOf = (
  texts: LabelledTexts,
  chosen: number[],
  shape: PackShape = tinyShape,
  pooling: HeadConfig['pooling'] = 'mean',
): LabelledBatch[] =>
  planBatches(
    texts.ids.map((ids) => ids.length),
    chosen,
    shape,
  ).map((plan) => ({
    ...fillTexts(plan, texts, shape, pooling),
    targets: plan.texts.map((text) => texts.targets[text]!),
  }));

/** Whether an engine is in the shared cache, for tests that need one. */
export const isInstalled = async (name: EngineName): Promise<boolean> => {
  const found = await findEngine(name).catch(() => undefined);
  return found?.state === 'installed';
};
