import {
  createOptimizerMemory,
  createSession,
  dropoutKey,
  type FeedTensor,
  type OptimizerMemory,
  type SessionOptions,
} from '@taxon/compute';
import { encoderShapes, maskedLanguageShapes } from '@taxon/models';
import type { PackShape } from '@taxon/text';
import { addRowGradients, tableGradients, updateOnHost, type HostUpdateOptions } from '../host-update.ts';
import { embedTokens, type ModelState } from '../model-state.ts';
import { gradientName, sumName } from '../programs.ts';
import type { MaskedBatch } from './masked-batch.ts';
import { compileMaskedGradients, maskedShapes } from './program.ts';

export interface MaskedStepOptions extends HostUpdateOptions {
  shape: PackShape;
  /** Hidden words that a batch has room for. */
  places: number;
  dropout: number;
  recompute: boolean;
  seed: number;
  /** In fp32, although the state has int8 forms. */
  exact: boolean;
}

export interface MaskedStep {
  /** One update of the encoder in `state` and of the head; the mean loss of a hidden word before it. */
  run(batches: readonly MaskedBatch[], learningRate: number): Promise<number>;
  dispose(): Promise<void>;
}

/** Where a parameter's value, moments and gradient lie: the encoder's in the state, the head's in a memory of its own. */
export const createMaskedStep = async (
  state: ModelState,
  head: OptimizerMemory,
  options: MaskedStepOptions,
  session: SessionOptions,
): Promise<MaskedStep> => {
  const { shape, places, dropout, recompute, seed, exact } = options;
  const { encoder, memory, tables } = state;
  const shapes = maskedShapes(encoder);
  const int8 = exact ? [] : state.int8Weights;
  const program = await createSession(
    compileMaskedGradients({ encoder, shape, places, dropout, recompute, int8 }),
    session,
  );
  memory.quantize();
  const memoryOf = (name: string): OptimizerMemory => (name in head.tensors ? head : memory);
  const feeds = (nameOf: (name: string) => string, part: 'value' | 'gradient'): Record<string, FeedTensor> =>
    Object.fromEntries(
      Object.entries(shapes).map(([name, tensorShape]) => [
        nameOf(name),
        { shape: tensorShape, data: memoryOf(name).tensors[name]![part] },
      ]),
    );
  const size = [shape.rows * shape.length, encoder.hidden];
  const embeddings = { shape: size, data: new Float32Array(size[0]! * size[1]!) };
  const dEmbeddings = { shape: size, data: new Float32Array(embeddings.data.length) };
  const values = feeds((name) => name, 'value');
  // Read and written in the same place, as in training-step.ts.
  const sums = feeds(sumName, 'gradient');
  const gradients = { ...feeds(gradientName, 'gradient'), [gradientName('embeddings')]: dEmbeddings };
  const words = { shape: [encoder.vocabulary, encoder.hidden], data: tables.words.values };
  const rows = tableGradients(state);
  // The head's first: `memory` has the encoder's, and the classifier's, which this loss does not reach.
  const learning = { memories: [head, memory], names: Object.keys(shapes), rows };
  let step = 0;

  const backward = async (batch: MaskedBatch, index: number, count: number): Promise<number> => {
    embedTokens(state, batch, embeddings.data);
    const { losses } = await program.run(
      {
        ...values,
        ...sums,
        ...(exact ? {} : state.int8),
        embeddings,
        words,
        segments: { shape: [shape.rows, shape.length], data: batch.segments },
        places: { shape: [places], data: batch.places },
        targets: { shape: [places], data: batch.targets },
        weights: { shape: [places], data: batch.weights },
        count: { shape: [], data: Float32Array.of(count) },
        ...(dropout > 0 && {
          dropoutKey: { shape: [], data: Int32Array.of(dropoutKey(seed, step, index)) },
        }),
      },
      gradients,
    );
    addRowGradients(batch, dEmbeddings.data, rows, shape, encoder.hidden);
    return (losses!.data as Float32Array).reduce((a, b) => a + b, 0);
  };

  return {
    async run(batches, learningRate) {
      const count = Math.max(
        1,
        batches.reduce((sum, { hidden }) => sum + hidden, 0),
      );
      // All of them: the classifier's, which this loss does not reach, count in the norm.
      for (const { gradient } of [...Object.values(memory.tensors), ...Object.values(head.tensors)]) gradient.fill(0);
      let loss = 0;
      for (const [index, batch] of batches.entries()) loss += await backward(batch, index, count);
      step += 1;
      updateOnHost(state, learning, options, { learningRate, step });
      return loss / count;
    },
    dispose: () => program.dispose(),
  };
};

/** A masked-language head in optimizer memory. */
export const headMemory = (state: ModelState, values: Readonly<Record<string, Float32Array>>): OptimizerMemory => {
  const shapes = maskedLanguageShapes(state.encoder);
  const memory = createOptimizerMemory(
    Object.fromEntries(Object.entries(shapes).map(([name, shape]) => [name, shape.reduce((a, b) => a * b, 1)])),
  );
  for (const name of Object.keys(shapes)) memory.tensors[name]!.value.set(values[name]!);
  return memory;
};

/** Forgets how the encoder and its tables learnt: what comes next is another loss. */
export const forgetMoments = ({ memory, tables, encoder }: ModelState): void => {
  for (const name of Object.keys(encoderShapes(encoder))) {
    memory.tensors[name]!.m.fill(0);
    memory.tensors[name]!.v.fill(0);
  }
  for (const { m, v } of Object.values(tables)) {
    m.fill(0);
    v.fill(0);
  }
};
