import { attentionWidth, type EncoderConfig } from './encoder-config.ts';
import { encoderShapes } from './encoder.ts';

// A pruned encoder's checkpoint has all heads, those that were pruned as zeros: a head whose values and whose rows of the output
// matrix are 0 adds nothing, whatever computes it. Here they are taken out on reading, and put back on writing.

type Numbers = Record<string, Float32Array>;

/** Columns of q, k and v, or rows of the output matrix, that a layer keeps. */
const keptUnits = ({ keptHeads, hidden, heads }: EncoderConfig, layer: number): number[] => {
  const size = hidden / heads;
  return keptHeads![layer]!.flatMap((head) => Array.from({ length: size }, (_, i) => head * size + i));
};

/** How the tensors of a layer that have a head's numbers lie: by rows of `size`, or in columns of a matrix with `rows`. */
const eachHeadTensor = (
  config: EncoderConfig,
  visit: (name: string, layer: number, rows: number, axis: 'rows' | 'columns') => void,
): void => {
  for (let layer = 0; layer < config.layers; layer++) {
    for (const part of ['query', 'key', 'value']) {
      visit(`layer.${layer}.${part}.weight`, layer, config.hidden, 'columns');
      visit(`layer.${layer}.${part}.bias`, layer, 1, 'columns');
    }
    visit(`layer.${layer}.output.weight`, layer, config.hidden, 'rows');
  }
};

/** Copies between a full tensor and its kept part. */
const copy = (
  full: Float32Array,
  part: Float32Array,
  { units, rows, axis, hidden }: { units: readonly number[]; rows: number; axis: 'rows' | 'columns'; hidden: number },
  direction: 'take' | 'put',
): void => {
  const move = (fullAt: number, partAt: number, length: number): void => {
    if (direction === 'take') part.set(full.subarray(fullAt, fullAt + length), partAt);
    else full.set(part.subarray(partAt, partAt + length), fullAt);
  };
  if (axis === 'rows') units.forEach((unit, i) => move(unit * hidden, i * hidden, hidden));
  else
    for (let row = 0; row < rows; row++)
      units.forEach((unit, i) => move(row * hidden + unit, row * units.length + i, 1));
};

/** The shapes that a checkpoint has: those of an encoder with all its heads. */
export const storedShapes = ({ keptHeads: _, ...config }: EncoderConfig): Record<string, number[]> =>
  encoderShapes(config);

/** The parameters of a checkpoint without those of the heads that are not kept. */
export const takeKeptHeads = (stored: Numbers, config: EncoderConfig): Numbers => {
  if (config.keptHeads === undefined) return stored;
  const taken = { ...stored };
  eachHeadTensor(config, (name, layer, rows, axis) => {
    const units = keptUnits(config, layer);
    const part = new Float32Array(attentionWidth(config, layer) * rows);
    copy(stored[name]!, part, { units, rows, axis, hidden: config.hidden }, 'take');
    taken[name] = part;
  });
  return taken;
};

/** The parameters as a checkpoint has them: zeros for the heads that are not kept. */
export const putKeptHeads = (parameters: Readonly<Numbers>, config: EncoderConfig): Numbers => {
  if (config.keptHeads === undefined) return { ...parameters };
  const stored = { ...parameters };
  eachHeadTensor(config, (name, layer, rows, axis) => {
    const units = keptUnits(config, layer);
    const full = new Float32Array(config.hidden * rows);
    copy(full, parameters[name]!, { units, rows, axis, hidden: config.hidden }, 'put');
    stored[name] = full;
  });
  return stored;
};
