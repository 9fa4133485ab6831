import { attentionWidth, headsOf, type EncoderConfig, type Weights } from '@taxon/models';

/** An encoder and its numbers. */
export interface EncoderWeights {
  encoder: EncoderConfig;
  weights: Weights;
}

/** How much each head and each feed-forward unit of every layer matters; only their order within a layer counts. */
export interface Importance {
  heads: readonly Float32Array[];
  units: readonly Float32Array[];
}

/** Rows of a matrix [rows, columns]. */
const rowsOf = (data: Float32Array, rows: readonly number[], columns: number): Float32Array => {
  const taken = new Float32Array(rows.length * columns);
  rows.forEach((row, i) => taken.set(data.subarray(row * columns, (row + 1) * columns), i * columns));
  return taken;
};

/** Columns of a matrix with so many columns; of a vector, its entries. */
const columnsOf = (data: Float32Array, columns: readonly number[], width: number): Float32Array => {
  const rows = data.length / width;
  const taken = new Float32Array(rows * columns.length);
  for (let row = 0; row < rows; row++)
    columns.forEach((column, i) => (taken[row * columns.length + i] = data[row * width + column]!));
  return taken;
};

/** The most important ones, in their old order. */
const best = (importance: Float32Array, count: number): number[] =>
  Array.from(importance, (_, i) => i)
    .sort((a, b) => importance[b]! - importance[a]! || a - b)
    .slice(0, count)
    .sort((a, b) => a - b);

/** Some of an encoder's layers, in order. The tables and all arrays are shared, not copied. */
export const keepLayers = ({ encoder, weights }: EncoderWeights, layers: readonly number[]): EncoderWeights => {
  const parameters: Record<string, Float32Array> = {};
  for (const [name, value] of Object.entries(weights.parameters)) {
    const [, layer, rest] = /^layer\.(\d+)\.(.*)$/.exec(name) ?? [];
    if (layer === undefined) parameters[name] = value;
    else if (layers.includes(Number(layer))) parameters[`layer.${layers.indexOf(Number(layer))}.${rest!}`] = value;
  }
  const keptHeads = encoder.keptHeads && layers.map((layer) => encoder.keptHeads![layer]!);
  return {
    encoder: { ...encoder, layers: layers.length, ...(keptHeads && { keptHeads }) },
    weights: { ...weights, parameters },
  };
};

/** Every layer with its most important heads alone. */
export const keepHeads = (
  { encoder, weights }: EncoderWeights,
  importance: Importance['heads'],
  count: number,
): EncoderWeights => {
  const size = encoder.hidden / encoder.heads;
  const parameters = { ...weights.parameters };
  const keptHeads = Array.from({ length: encoder.layers }, (_, i) => {
    const kept = best(importance[i]!, Math.min(count, headsOf(encoder, i)));
    const units = kept.flatMap((head) => Array.from({ length: size }, (_, j) => head * size + j));
    const width = attentionWidth(encoder, i);
    for (const part of ['query', 'key', 'value'])
      for (const leaf of ['weight', 'bias']) {
        const name = `layer.${i}.${part}.${leaf}`;
        parameters[name] = columnsOf(parameters[name]!, units, width);
      }
    const output = `layer.${i}.output.weight`;
    parameters[output] = rowsOf(parameters[output]!, units, encoder.hidden);
    // Places among the heads that the encoder had at first.
    return kept.map((head) => encoder.keptHeads?.[i]?.[head] ?? head);
  });
  return { encoder: { ...encoder, keptHeads }, weights: { ...weights, parameters } };
};

/** Every layer with its most important feed-forward units alone. */
export const keepUnits = (
  { encoder, weights }: EncoderWeights,
  importance: Importance['units'],
  count: number,
): EncoderWeights => {
  const parameters = { ...weights.parameters };
  for (let i = 0; i < encoder.layers; i++) {
    const units = best(importance[i]!, count);
    for (const leaf of ['weight', 'bias']) {
      const name = `layer.${i}.up.${leaf}`;
      parameters[name] = columnsOf(parameters[name]!, units, encoder.intermediate);
    }
    const down = `layer.${i}.down.weight`;
    parameters[down] = rowsOf(parameters[down]!, units, encoder.hidden);
  }
  return { encoder: { ...encoder, intermediate: count }, weights: { ...weights, parameters } };
};
