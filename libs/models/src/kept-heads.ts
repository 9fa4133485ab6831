import { attentionWidth, type EncoderConfig } from './encoder-config.ts';
import { encoderShapes } from './encoder.ts';

// A pruned encoder's checkpoint has all heads, those that were pruned as zeros: a head whose values and whose rows of the output
// matrix are 0 adds nothing, whatever computes it. Here they are taken out on reading, and put back on writing.

type Numbers = Record<string, Float32Array>;
type Data = Float32Array | Int8Array;

const zeros = <Array extends Data>(like: Array, size: number): Array =>
  (like instanceof Int8Array ? new Int8Array(size) : new Float32Array(size)) as Array;

/** Columns of q, k and v, or rows of the output matrix, that a layer keeps. */
const keptUnits = ({ keptHeads, hidden, heads }: EncoderConfig, layer: number): number[] => {
  const size = hidden / heads;
  return keptHeads![layer]!.flatMap((head) => Array.from({ length: size }, (_, i) => head * size + i));
};

interface Layout {
  layer: number;
  /** Of a matrix whose columns are a head's numbers. */
  rows: number;
  axis: 'rows' | 'columns';
}

/** How a tensor that has heads' numbers lies: by rows, or in columns of a matrix with `rows`; undefined for the others. */
const layoutOf = (name: string, { hidden }: EncoderConfig): Layout | undefined => {
  const [, layer, part, leaf] = /^layer\.(\d+)\.(\w+)\.(\w+)$/.exec(name) ?? [];
  if (part === 'output' && leaf === 'weight') return { layer: Number(layer), rows: hidden, axis: 'rows' };
  if (part === undefined || !['query', 'key', 'value'].includes(part)) return undefined;
  return { layer: Number(layer), rows: leaf === 'weight' ? hidden : 1, axis: 'columns' };
};

/** Copies between a full tensor and its kept part. */
const copy = (
  full: Data,
  part: Data,
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
export const storedShapes = (config: EncoderConfig): Record<string, number[]> =>
  encoderShapes({ ...config, keptHeads: undefined });

/** A tensor without the numbers of the heads that are not kept. */
export const takeHeads = <Array extends Data>(name: string, full: Array, config: EncoderConfig): Array => {
  const layout = config.keptHeads && layoutOf(name, config);
  if (layout === undefined) return full;
  const part = zeros(full, attentionWidth(config, layout.layer) * layout.rows);
  copy(full, part, { units: keptUnits(config, layout.layer), hidden: config.hidden, ...layout }, 'take');
  return part;
};

/** A tensor with zeros for the heads that are not kept. */
export const putHeads = <Array extends Data>(name: string, part: Array, config: EncoderConfig): Array => {
  const layout = config.keptHeads && layoutOf(name, config);
  if (layout === undefined) return part;
  const full = zeros(part, config.hidden * layout.rows);
  copy(full, part, { units: keptUnits(config, layout.layer), hidden: config.hidden, ...layout }, 'put');
  return full;
};

/** The parameters of a checkpoint without those of the heads that are not kept. */
export const takeKeptHeads = (stored: Readonly<Numbers>, config: EncoderConfig): Numbers =>
  Object.fromEntries(Object.entries(stored).map(([name, data]) => [name, takeHeads(name, data, config)]));

/** The parameters as a checkpoint has them: zeros for the heads that are not kept. */
export const putKeptHeads = (parameters: Readonly<Numbers>, config: EncoderConfig): Numbers =>
  Object.fromEntries(Object.entries(parameters).map(([name, data]) => [name, putHeads(name, data, config)]));
