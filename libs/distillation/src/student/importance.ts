import { createSession } from '@taxon/compute';
import { encodeLabels, type Example } from '@taxon/data';
import {
  attentionWidth,
  headsOf,
  inputEncoder,
  outputGroups,
  tapOutput,
  taskOffsets,
  type EncoderConfig,
  type HeadConfig,
  type ModelFolder,
} from '@taxon/models';
import { chooseRowLength, loadTokenizer, planBatches, type PackShape } from '@taxon/text';
import {
  compileGradients,
  createModelState,
  embedTokens,
  fillTexts,
  gradientName,
  inputOf,
  slotFeeds,
  textTargets,
  tokenizedTexts,
  type LabelledTexts,
} from '@taxon/training';
import { runModel, type RunModelOptions } from '../signals/run-model.ts';
import type { Importance } from './prune-encoder.ts';

/** So many texts tell as much as all of them. */
const mostTexts = 2048;

/** Positions of a batch. What a head does for one text may undo what it does for another: the fewer texts at a time, the better. */
const tokensPerBatch = 256;

const evenly = <Item>(items: readonly Item[]): Item[] => {
  const count = Math.min(items.length, mostTexts);
  return Array.from({ length: count }, (_, i) => items[Math.floor((i * items.length) / count)]!);
};

const zeros = (encoder: EncoderConfig): { heads: Float32Array[]; units: Float32Array[] } => ({
  heads: Array.from({ length: encoder.layers }, (_, i) => new Float32Array(headsOf(encoder, i))),
  units: Array.from({ length: encoder.layers }, () => new Float32Array(encoder.intermediate)),
});

/** What stands behind heads and units: a matrix whose rows are what each adds to the stream. */
const outputOf = (layer: number): string => `layer.${layer}.output.weight`;
const downOf = (layer: number): string => `layer.${layer}.down.weight`;

/** Adds |Σ of each of the parts of a vector| to the parts' importance. */
const addParts = (into: Float32Array, values: Float32Array): void => {
  const size = values.length / into.length;
  for (let part = 0; part < into.length; part++) {
    let sum = 0;
    for (let i = part * size; i < (part + 1) * size; i++) sum += values[i]!;
    into[part]! += Math.abs(sum);
  }
};

/**
 * First-order importance: how much the loss would change without a head or a unit. The gradient of a factor in front of it, which is
 * Σ w·∂L/∂w over its rows of the matrix behind it; its absolute value, summed over batches.
 */
export const taylorImportance = async (
  model: ModelFolder & { head: HeadConfig },
  examples: readonly Example[],
  { session, signal, onProgress }: RunModelOptions,
): Promise<Importance> => {
  const { encoder, head, weights, space, prompt } = model;
  const chosen = evenly(examples);
  const tokenizer = await loadTokenizer(model.encoderFolder);
  const encode = inputEncoder(tokenizer, model);
  const groups = outputGroups(space!);
  const texts: LabelledTexts = {
    ...tokenizedTexts(
      chosen.map((example) => encode(inputOf(example))),
      { padId: tokenizer.padId, maskId: prompt?.maskId },
    ),
    targets: textTargets(encodeLabels(space!, chosen), groups, taskOffsets(space!)),
  };
  const lengths = Int32Array.from(texts.ids, (ids) => ids.length);
  const length = chooseRowLength(Math.max(...lengths));
  const shape: PackShape = { length, rows: Math.ceil(tokensPerBatch / length), slots: Math.floor(length / 4) };
  const { rows, slots } = shape;
  const layers = Array.from({ length: encoder.layers }, (_, i) => i);
  const trained = layers.flatMap((layer) => [outputOf(layer), downOf(layer)]);
  const objective = { groups: groups.map((group) => ({ ...group, weight: 1 })), loss: {} };
  const state = createModelState(weights, encoder, head);
  const program = compileGradients({ encoder, head, shape, dropout: 0, objective, trained });
  const running = await createSession(program, session);
  const importance = zeros(encoder);
  const embeddings = { shape: [rows * length, encoder.hidden], data: new Float32Array(rows * length * encoder.hidden) };
  let done = 0;
  try {
    for (const plan of planBatches(lengths, lengths.keys(), shape)) {
      signal.throwIfAborted();
      const batch = {
        ...fillTexts(plan, texts, shape, head.pooling),
        targets: plan.texts.map((text) => texts.targets[text]!),
      };
      embedTokens(state, batch, embeddings.data);
      const outputs = await running.run({
        ...state.parameters,
        ...slotFeeds(batch, rows * slots, objective),
        embeddings,
        segments: { shape: [rows, length], data: batch.segments },
        pool: { shape: [rows, slots, length], data: batch.pool },
        count: { shape: [], data: Float32Array.of(1) },
      });
      const product = (name: string): Float32Array => {
        const gradient = outputs[gradientName(name)]!.data as Float32Array;
        const { value } = state.memory.tensors[name]!;
        return gradient.map((slope, i) => slope * value[i]!);
      };
      for (const layer of layers) {
        addParts(importance.heads[layer]!, product(outputOf(layer)));
        addParts(importance.units[layer]!, product(downOf(layer)));
      }
      done += batch.texts.length;
      onProgress(done, chosen.length);
    }
  } finally {
    await running.dispose();
  }
  return importance;
};

/** L2 norm of every row of a matrix. */
const rowNorms = (matrix: Float32Array, rows: number): Float32Array => {
  const columns = matrix.length / rows;
  return Float32Array.from({ length: rows }, (_, row) =>
    Math.hypot(...matrix.subarray(row * columns, (row + 1) * columns)),
  );
};

/** What heads and units add to the stream: the mean absolute value of each number that they give, times the norm of its row behind. */
export const activationImportance = async (
  model: ModelFolder & { head: HeadConfig },
  examples: readonly Example[],
  options: RunModelOptions,
): Promise<Importance> => {
  const { encoder, weights } = model;
  const encode = inputEncoder(await loadTokenizer(model.encoderFolder), model);
  const encoded = evenly(examples).map((example) => encode(inputOf(example)));
  const layers = Array.from({ length: encoder.layers }, (_, i) => i);
  const sites = layers.flatMap((layer) => [
    { tap: `layer.${layer}.context`, width: attentionWidth(encoder, layer), matrix: outputOf(layer) },
    { tap: `layer.${layer}.activation`, width: encoder.intermediate, matrix: downOf(layer) },
  ]);
  const sums = new Map(sites.map(({ tap, width }) => [tap, new Float64Array(width)]));
  const wanted = { features: false, taps: sites.map(({ tap }) => tap) };
  await runModel(model, encoded, wanted, options, ({ batch, shape, outputs }) => {
    for (const { tap, width } of sites) {
      const [data, sum] = [outputs(tapOutput(tap)), sums.get(tap)!];
      for (let token = 0; token < batch.ids.length; token++) {
        const [row, s] = [token % shape.rows, Math.floor(token / shape.rows)];
        if (batch.segments[row * shape.length + s]! < 0) continue; // padding tells nothing
        for (let i = 0; i < width; i++) sum[i]! += Math.abs(data[token * width + i]!);
      }
    }
  });
  const importance = zeros(encoder);
  for (const [at, { tap, width, matrix }] of sites.entries()) {
    const norms = rowNorms(weights.parameters[matrix]!, width);
    const values = Float32Array.from(sums.get(tap)!, (sum, i) => sum * norms[i]!);
    const layer = Math.floor(at / 2);
    addParts(at % 2 === 0 ? importance.heads[layer]! : importance.units[layer]!, values);
  }
  return importance;
};
