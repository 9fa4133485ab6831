import type * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import type { Library } from './library.ts';

export interface Input {
  shape: number[];
  data: Float32Array | Float64Array | Int32Array;
}

/** One operation, and the inputs that it is tried on. */
export interface Case<Extra = unknown> {
  fn: (library: Library, inputs: tf.Tensor[], extra: Extra) => tf.Tensor;
  inputs: fc.Arbitrary<{ inputs: Input[]; extra: Extra }>;
  /** Whether gradients are compared, by every input of floats. @default true */
  gradient?: boolean;
}

// `never`: the table does not know what the cases draw beside their inputs.
export type Cases = Record<string, Case<never>>;

/** Checks the types of one case; a table holds cases of any. */
export const define = <Extra>(definition: Case<Extra>): Case<never> => definition as unknown as Case<never>;

/** Sizes, empty and 1 among them. */
export const size = fc.constantFrom(0, 1, 1, 2, 3, 4);
export const nonEmpty = fc.constantFrom(1, 1, 2, 3, 4);

export const shapeOf = (rank: { min: number; max: number }, sizes = size): fc.Arbitrary<number[]> =>
  fc.array(sizes, { minLength: rank.min, maxLength: rank.max });

export const anyShape = shapeOf({ min: 0, max: 3 });

export const sizeOf = (shape: readonly number[]): number => shape.reduce((product, length) => product * length, 1);

/**
 * Floats of a shape, away from the places where a derivative jumps: no two are equal, none is nearer than 0.02 to a
 * multiple of a half, and those of another `offset` (below 0.05) differ from these.
 */
export const floats = (
  shape: readonly number[],
  to: (x: number) => number = (x) => x,
  offset = 0,
): fc.Arbitrary<Input> =>
  fc.array(fc.integer({ min: -14, max: 14 }), { minLength: sizeOf(shape), maxLength: sizeOf(shape) }).map((steps) => ({
    shape: [...shape],
    data: Float32Array.from(steps, (step, i) => to(step / 4 + 0.05 + offset + (i * 0.1) / Math.max(64, steps.length))),
  }));

/** Floats below 1, whose products sum to little: what is left of a sum that cancels is as exact as the sum is large. */
export const smallFloats = (shape: readonly number[]): fc.Arbitrary<Input> => floats(shape, (x) => x / 4);

export const integers = (shape: readonly number[], min: number, max: number): fc.Arbitrary<Input> =>
  fc.array(fc.integer({ min, max }), { minLength: sizeOf(shape), maxLength: sizeOf(shape) }).map((values) => ({
    shape: [...shape],
    data: Int32Array.from(values),
  }));

/** Inputs without anything beside them. */
export const only = (...inputs: fc.Arbitrary<Input>[]): Case<undefined>['inputs'] =>
  fc.tuple(...inputs).map((drawn) => ({ inputs: drawn, extra: undefined }));

export const withExtra = <Extra>(extra: Extra, ...inputs: fc.Arbitrary<Input>[]): Case<Extra>['inputs'] =>
  fc.tuple(...inputs).map((drawn) => ({ inputs: drawn, extra }));

/**
 * Two shapes that broadcast: axes of size 1 and missing leading axes on either side. tfjs's own gradients fail where a
 * size of 1 meets an empty axis, so that is drawn for results alone.
 */
export const broadcasting = (gradient: boolean, sizes = size): fc.Arbitrary<[number[], number[]]> =>
  shapeOf({ min: 0, max: 3 }, sizes).chain((shape) => {
    const single = (length: number): number => (gradient && length === 0 ? 0 : 1);
    const side = fc
      .tuple(fc.array(fc.boolean(), { minLength: shape.length, maxLength: shape.length }), fc.nat(shape.length))
      .map(([ones, dropped]) => shape.map((length, i) => (ones[i]! ? single(length) : length)).slice(dropped));
    return fc.tuple(side, side);
  });

/** Some of the axes of a shape. */
export const axesOf = (shape: readonly number[]): fc.Arbitrary<number[]> => fc.subarray(shape.map((_, axis) => axis));

/** One of the axes of a shape. */
export const axisOf = (shape: readonly number[]): fc.Arbitrary<number> => fc.nat(shape.length - 1);
