import type * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { anyShape, broadcasting, define, floats, integers, nonEmpty, only, type Case, type Cases } from './case.ts';

type Unary = (library: typeof tf, x: tf.Tensor) => tf.Tensor;
type Binary = (library: typeof tf, a: tf.Tensor, b: tf.Tensor) => tf.Tensor;
type Map = (x: number) => number;

const positive: Map = (x) => Math.abs(x) + 0.1;
const withinOne: Map = (x) => x / 4; // |x| is below 4
const aboveOne: Map = (x) => Math.abs(x) + 1.1;

const unary = (fn: Unary, to?: Map, gradient = true): Case<never> =>
  define({ fn: ({ tf }, [x]) => fn(tf, x!), inputs: anyShape.chain((shape) => only(floats(shape, to))), gradient });

const binary = (fn: Binary, maps: [Map?, Map?] = [], gradient = true): Case<never> =>
  define({
    fn: ({ tf }, [a, b]) => fn(tf, a!, b!),
    inputs: broadcasting(gradient).chain(([a, b]) => only(floats(a, maps[0]), floats(b, maps[1], 0.02))),
    gradient,
  });

/** tfjs's own gradients of some operations forget that an operand was broadcast: gradients by equal shapes. */
const ofEqualShapes = (fn: Binary): Case<never> =>
  define({
    fn: ({ tf }, [a, b]) => fn(tf, a!, b!),
    inputs: anyShape.chain((shape) => only(floats(shape), floats(shape, undefined, 0.02))),
  });

/** Of integers, some of them equal and some of them zero. */
const ofIntegers = (fn: Binary): Case<never> =>
  define({
    fn: ({ tf }, [a, b]) => fn(tf, a!, b!),
    inputs: broadcasting(false).chain(([a, b]) => only(integers(a, -9, 9), integers(b, -3, 3))),
  });

const special = [0, -0, 1, -1, 0.5, -2.5, 3.5, Infinity, -Infinity, NaN, 1e-30, -1e-7, 80, -80];

/** Of numbers that floats treat specially. */
const ofSpecial = (fn: Unary): Case<never> =>
  define({
    fn: ({ tf }, [x]) => fn(tf, x!),
    inputs: fc
      .array(fc.constantFrom(...special), { maxLength: 12 })
      .map((values) => ({ inputs: [{ shape: [values.length], data: Float32Array.from(values) }], extra: undefined })),
    gradient: false,
  });

const number = (library: typeof tf, x: tf.Tensor): tf.Tensor => library.cast(x, 'float32');

export const elementwise: Cases = {
  abs: unary((tf, x) => tf.abs(x)),
  acos: unary((tf, x) => tf.acos(x), withinOne),
  acosh: unary((tf, x) => tf.acosh(x), aboveOne),
  asin: unary((tf, x) => tf.asin(x), withinOne),
  asinh: unary((tf, x) => tf.asinh(x)),
  atan: unary((tf, x) => tf.atan(x)),
  atanh: unary((tf, x) => tf.atanh(x), withinOne),
  ceil: unary((tf, x) => tf.ceil(x)),
  clipByValue: unary((tf, x) => tf.clipByValue(x, -1, 1)),
  cos: unary((tf, x) => tf.cos(x)),
  cosh: unary((tf, x) => tf.cosh(x)),
  elu: unary((tf, x) => tf.elu(x)),
  erf: unary((tf, x) => tf.erf(x)),
  exp: unary((tf, x) => tf.exp(x)),
  expm1: unary((tf, x) => tf.expm1(x)),
  'expm1 near zero, relative to itself': unary(
    (tf, x) => tf.mul(tf.expm1(x), 1e6),
    (x) => x * 1e-6,
    false,
  ),
  floor: unary((tf, x) => tf.floor(x)),
  leakyRelu: unary((tf, x) => tf.leakyRelu(x, 0.3)),
  log: unary((tf, x) => tf.log(x), positive),
  log1p: unary((tf, x) => tf.log1p(x), positive),
  'log1p near zero, relative to itself': unary(
    (tf, x) => tf.mul(tf.log1p(x), 1e6),
    (x) => x * 1e-6,
    false,
  ),
  logSigmoid: unary((tf, x) => tf.logSigmoid(x)),
  neg: unary((tf, x) => tf.neg(x)),
  reciprocal: unary((tf, x) => tf.reciprocal(x), positive),
  relu: unary((tf, x) => tf.relu(x)),
  relu6: unary((tf, x) => tf.relu6(x)),
  round: unary((tf, x) => tf.round(x)),
  rsqrt: unary((tf, x) => tf.rsqrt(x), positive),
  selu: unary((tf, x) => tf.selu(x)),
  sigmoid: unary((tf, x) => tf.sigmoid(x)),
  sign: unary((tf, x) => tf.sign(x)),
  sin: unary((tf, x) => tf.sin(x)),
  sinh: unary((tf, x) => tf.sinh(x)),
  softplus: unary((tf, x) => tf.softplus(x)),
  sqrt: unary((tf, x) => tf.sqrt(x), positive),
  square: unary((tf, x) => tf.square(x)),
  step: unary((tf, x) => tf.step(x, 0.2)),
  tan: unary((tf, x) => tf.tan(x), withinOne),
  tanh: unary((tf, x) => tf.tanh(x)),
  'clone, onesLike, zerosLike': unary((tf, x) => tf.add(tf.mul(tf.clone(x), tf.onesLike(x)), tf.zerosLike(x))),
  'cast to integers and back': unary((tf, x) => number(tf, tf.cast(x, 'int32')), undefined, false),
  'cast to booleans and back': unary((tf, x) => number(tf, tf.cast(x, 'bool')), undefined, false),

  add: binary((tf, a, b) => tf.add(a, b)),
  sub: binary((tf, a, b) => tf.sub(a, b)),
  mul: binary((tf, a, b) => tf.mul(a, b)),
  div: binary((tf, a, b) => tf.div(a, b), [undefined, positive]),
  divNoNan: binary((tf, a, b) => tf.divNoNan(a, b), [undefined, positive], false), // not by finite differences at 0
  maximum: ofEqualShapes((tf, a, b) => tf.maximum(a, b)),
  'maximum with broadcasts': binary((tf, a, b) => tf.maximum(a, b), [], false),
  minimum: ofEqualShapes((tf, a, b) => tf.minimum(a, b)),
  'minimum with broadcasts': binary((tf, a, b) => tf.minimum(a, b), [], false),
  pow: binary((tf, a, b) => tf.pow(a, b), [positive]),
  squaredDifference: ofEqualShapes((tf, a, b) => tf.squaredDifference(a, b)),
  'squaredDifference with broadcasts': binary((tf, a, b) => tf.squaredDifference(a, b), [], false),
  atan2: binary((tf, a, b) => tf.atan2(a, b)),
  // Jumps where a is a multiple of b: a lies off every multiple of a half.
  mod: binary((tf, a, b) => tf.mod(a, b), [undefined, (x) => (Math.floor(x) + 0.5) * (x < 0 ? -1 : 1) || 0.5]),
  floorDiv: binary((tf, a, b) => tf.floorDiv(a, b), [undefined, (x) => Math.floor(x) + 0.5], false), // tfjs's is that of a/b
  'addN of three': binary((tf, a, b) => {
    const sum = tf.add(a, b);
    return tf.addN([sum, sum, tf.mul(sum, sum)]);
  }),
  'comparisons of floats': binary(
    (tf, a, b) =>
      tf.addN([tf.greater(a, b), tf.lessEqual(a, b), tf.equal(a, b)].map((x, i) => tf.mul(number(tf, x), 10 ** i))),
    [],
    false,
  ),
  'where, with broadcasts': define({
    fn: ({ tf }, [a, b, mask]) => tf.where(tf.cast(mask!, 'bool'), a!, b!),
    inputs: broadcasting(true, nonEmpty).chain(([a, b]) => only(floats(a), floats(b), integers(a, 0, 1))),
  }),
  prelu: define({
    fn: ({ tf }, [x, alpha]) => tf.prelu(x!, alpha!),
    inputs: anyShape.chain((shape) => only(floats(shape), floats(shape.slice(-1), undefined, 0.02))),
  }),

  'add, sub, mul of integers': ofIntegers((tf, a, b) => tf.mul(tf.add(a, b), tf.sub(a, b))),
  'floorDiv of integers, by zero too': ofIntegers((tf, a, b) => tf.floorDiv(a, b)),
  'mod of integers, by zero too': ofIntegers((tf, a, b) => tf.mod(a, b)),
  'div of integers': ofIntegers((tf, a, b) => tf.div(a, b)),
  'maximum, minimum of integers': ofIntegers((tf, a, b) => tf.sub(tf.maximum(a, b), tf.minimum(a, b))),
  'bitwiseAnd of integers': define({
    fn: ({ tf }, [a, b]) => tf.bitwiseAnd(a!, b!),
    inputs: anyShape.chain((shape) => only(integers(shape, 0, 99), integers(shape, 0, 99))),
  }),
  'comparisons of integers': ofIntegers((tf, a, b) =>
    tf.addN(
      [
        tf.greater(a, b),
        tf.greaterEqual(a, b),
        tf.less(a, b),
        tf.lessEqual(a, b),
        tf.equal(a, b),
        tf.notEqual(a, b),
      ].map((x, i) => tf.mul(tf.cast(x, 'int32'), tf.scalar(10 ** i, 'int32'))),
    ),
  ),
  'logic of booleans': ofIntegers((tf, a, b) => {
    const [p, q] = [tf.greater(a, tf.scalar(0, 'int32')), tf.cast(b, 'bool')];
    const both = [tf.logicalAnd(p, q), tf.logicalOr(p, q), tf.logicalXor(p, tf.logicalNot(q)), tf.greater(p, q)];
    return tf.addN(both.map((x, i) => tf.mul(tf.cast(x, 'int32'), tf.scalar(10 ** i, 'int32'))));
  }),

  'isNaN, isInf, isFinite': ofSpecial((tf, x) =>
    tf.addN([tf.isNaN(x), tf.isInf(x), tf.isFinite(x)].map((y, i) => tf.mul(number(tf, y), 10 ** i))),
  ),
  'relu of special numbers': ofSpecial((tf, x) => tf.relu(x)),
  'maximum, minimum of special numbers': ofSpecial((tf, x) => tf.add(tf.maximum(x, 0), tf.minimum(x, tf.scalar(1)))),
  'round, floor, ceil of special numbers': ofSpecial((tf, x) => tf.addN([tf.round(x), tf.floor(x), tf.ceil(x)])),
  'sign, step of special numbers': ofSpecial((tf, x) => tf.add(tf.sign(x), tf.step(x))),
  'abs, neg, square of special numbers': ofSpecial((tf, x) =>
    tf.sub(tf.square(tf.clipByValue(tf.neg(tf.abs(x)), -9, 9)), 1),
  ),
  'sigmoid, tanh, softplus of special numbers': ofSpecial((tf, x) =>
    tf.addN([tf.sigmoid(x), tf.tanh(x), tf.softplus(x)]),
  ),
};
