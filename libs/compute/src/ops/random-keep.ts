import * as tf from '@tensorflow/tfjs-core';
import { register } from '../kernels/register.ts';
import { currentTrace, isTracing, traced, nameOf } from '../trace-backend.ts';

// Constants of the 32-bit finaliser of MurmurHash3 (public domain), as signed integers.
const golden = 0x9e3779b1 | 0;
const rounds = [
  { shift: 16, factor: 0x85ebca6b | 0 },
  { shift: 13, factor: 0xc2b2ae35 | 0 },
  { shift: 16, factor: 1 },
];

/** One draw on the host: the same integer as the graph computes. Uniform over all 32-bit integers. */
export const counterHash = (position: number, key: number): number => {
  let h = (Math.imul(position, golden) + key) | 0;
  for (const { shift, factor } of rounds) h = Math.imul(h ^ (h >>> shift), factor);
  return h;
};

/** Draws below this signed integer are dropped. */
const threshold = (rate: number): number => Math.round((rate - 0.5) * 2 ** 32);

register('RandomKeep', ({ key }, { shape, rate }) => {
  const { builder, symbols } = currentTrace();
  const int32 = (value: number): string => builder.constant(Int32Array.of(value), [], 'int32');
  const node = (op: string, inputs: string[], attributes = {}): string => builder.node(op, inputs, attributes);
  const size = node('ReduceProd', [symbols.shapeOperand(shape as number[])], { keepdims: 0 });
  const count = node('Cast', [size], { to: 6 });
  const positions = node('Range', [int32(0), count, int32(1)]);
  let h = node('Add', [node('Mul', [positions, int32(golden)]), nameOf(key!)]);
  for (const { shift, factor } of rounds) {
    const unsigned = node('Cast', [h], { to: 12 }); // uint32: BitShift knows no signed integers
    const amount = builder.constant(Uint32Array.of(shift), [], 'uint32');
    const shifted = node('Cast', [node('BitShift', [unsigned, amount], { direction: 'RIGHT' })], { to: 6 });
    h = node('BitwiseXor', [h, shifted]);
    if (factor !== 1) h = node('Mul', [h, int32(factor)]);
  }
  const kept = node('Cast', [node('GreaterOrEqual', [h, int32(threshold(rate as number))])], { to: 1 });
  const scaled = node('Mul', [kept, builder.float(1 / (1 - (rate as number)))]);
  return traced(node('Reshape', [scaled, symbols.shapeOperand(shape as number[])]), shape as number[], 'float32');
});

/**
 * Dropout factors: 0 with probability `rate`, else 1/(1 − rate). A pure function of `key` and the element's position
 * (a counter-based generator, after Salmon et al. 2011), so that a resumed run draws what the first would have drawn.
 * @param key int32 scalar; mix seed, step and layer into it with `dropoutKey`
 */
export const randomKeep = (key: tf.Tensor, shape: readonly number[], rate: number): tf.Tensor => {
  if (isTracing()) return tf.engine().runKernel('RandomKeep', { key }, { shape: [...shape], rate });
  const seed = key.dataSync()[0]!;
  const draws = Float32Array.from({ length: tf.util.sizeFromShape([...shape]) }, (_, position) =>
    counterHash(position, seed) >= threshold(rate) ? 1 / (1 - rate) : 0,
  );
  return tf.tensor(draws, [...shape]);
};

/** One independent key for every (seed, step, layer). */
export const dropoutKey = (seed: number, step: number, layer: number): number =>
  counterHash(layer, counterHash(step, counterHash(seed, golden)));
