import type * as tf from '@tensorflow/tfjs-core';
import { alias, emit } from '../trace-backend.ts';
import { broadcastShape, register, registerAll } from './register.ts';
import { cast, compare, map, pair, scalar, where, within } from './values.ts';

/** tfjs kernel → ONNX operator, where one node does the same; integers go through floats where the result is a float. */
const floatFunctions = {
  Acos: 'Acos',
  Acosh: 'Acosh',
  Asin: 'Asin',
  Asinh: 'Asinh',
  Atan: 'Atan',
  Atanh: 'Atanh',
  Cos: 'Cos',
  Cosh: 'Cosh',
  Erf: 'Erf',
  Exp: 'Exp',
  Log: 'Log',
  Reciprocal: 'Reciprocal',
  Sigmoid: 'Sigmoid',
  Sin: 'Sin',
  Sinh: 'Sinh',
  Softplus: 'Softplus',
  Sqrt: 'Sqrt',
  Tan: 'Tan',
  Tanh: 'Tanh',
} as const;

/** The result has the type of the input. ONNX Runtime has them for floats and integers. */
const anyNumber = { Abs: 'Abs', Neg: 'Neg' } as const;

/** The result has the type of the input, and of an integer it is that integer. */
const roundings = { Ceil: 'Ceil', Floor: 'Floor', Round: 'Round' } as const;

for (const [kernel, op] of Object.entries(floatFunctions)) register(kernel, ({ x }) => map(op, cast(x!, 'float32')));

for (const [kernel, op] of Object.entries(anyNumber))
  register(kernel, ({ x }) => (x!.dtype === 'bool' ? within('int32', x!, (y) => map(op, y)) : map(op, x!)));

for (const [kernel, op] of Object.entries(roundings))
  register(kernel, ({ x }) => (x!.dtype === 'float32' ? map(op, x!) : alias(x!)));

const arithmetic = { Add: 'Add', Sub: 'Sub', Multiply: 'Mul', Maximum: 'Max', Minimum: 'Min', Pow: 'Pow' } as const;

/** tfjs brings both operands to one type; booleans are counted as integers. */
const binary = (op: string, a: tf.TensorInfo, b: tf.TensorInfo): tf.TensorInfo =>
  a.dtype === 'bool' ? cast(pair(op, cast(a, 'int32'), cast(b, 'int32')), 'bool') : pair(op, a, b);

for (const [kernel, op] of Object.entries(arithmetic)) register(kernel, ({ a, b }) => binary(op, a!, b!));

const orders = { Greater: 'Greater', GreaterEqual: 'GreaterOrEqual', Less: 'Less', LessEqual: 'LessOrEqual' } as const;

for (const [kernel, op] of Object.entries(orders))
  register(kernel, ({ a, b }) =>
    a!.dtype === 'bool' ? compare(op, cast(a!, 'int32'), cast(b!, 'int32')) : compare(op, a!, b!),
  );

/** Integer division by zero ends the process: a zero is divided by as 1, and what comes of it replaced by tfjs's 0. */
const guarded = (b: tf.TensorInfo, divide: (divisor: tf.TensorInfo) => tf.TensorInfo): tf.TensorInfo => {
  const zero = compare('Equal', b, 0);
  return where(zero, 0, divide(where(zero, 1, b)));
};

registerAll({
  Identity: ({ x }) => alias(x!),
  Cast: ({ x }, { dtype }) => cast(x!, dtype as tf.DataType),

  Equal: ({ a, b }) => compare('Equal', a!, b!),
  NotEqual: ({ a, b }) => map('Not', compare('Equal', a!, b!)),
  LogicalAnd: ({ a, b }) => compare('And', a!, b!),
  LogicalOr: ({ a, b }) => compare('Or', a!, b!),
  LogicalNot: ({ x }) => map('Not', x!),
  BitwiseAnd: ({ a, b }) => pair('BitwiseAnd', a!, b!),

  RealDiv: ({ a, b }) => pair('Div', cast(a!, 'float32'), cast(b!, 'float32')),
  // ONNX's Mod has the sign of the divisor for integers, so a − mod is a multiple of b and truncating changes nothing.
  FloorDiv: ({ a, b }) =>
    a!.dtype === 'float32'
      ? map('Floor', pair('Div', a!, b!))
      : guarded(b!, (divisor) => pair('Div', pair('Sub', a!, pair('Mod', a!, divisor)), divisor)),
  Mod: ({ a, b }) => {
    if (a!.dtype !== 'float32') return guarded(b!, (divisor) => pair('Mod', a!, divisor));
    const rest = emit('Mod', [a!, b!], broadcastShape(a!, b!), 'float32', { fmod: 1 }); // has the sign of a
    return where(compare('Less', pair('Mul', rest, b!), 0), pair('Add', rest, b!), rest);
  },
  Atan2: ({ a, b }) => {
    const [y, x] = [cast(a!, 'float32'), cast(b!, 'float32')];
    const turn = where(compare('Less', y, 0), scalar(-Math.PI, 'float32'), Math.PI);
    const angle = map('Atan', pair('Div', y, x));
    const turned = where(compare('Less', x, 0), pair('Add', angle, turn), angle);
    const bothZero = compare('And', compare('Equal', x, 0), compare('Equal', y, 0));
    return where(bothZero, 0, turned);
  },
  AddN: (inputs) => Object.values(inputs).reduce((sum, x) => binary('Add', sum, x)),

  // tfjs gives 0 for NaN.
  Sign: ({ x }) =>
    x!.dtype === 'float32'
      ? where(emit('IsNaN', [x!], x!.shape, 'bool'), 0, map('Sign', x!))
      : within('int32', x!, (y) => map('Sign', y)),
  Square: ({ x }) => pair('Mul', x!, x!),
  SquaredDifference: ({ a, b }) => {
    const difference = pair('Sub', a!, b!);
    return pair('Mul', difference, difference);
  },
  Rsqrt: ({ x }) => map('Reciprocal', map('Sqrt', cast(x!, 'float32'))),
  // eˣ − 1 = tanh(x/2)·(eˣ + 1), exact where eˣ − 1 cancels.
  Expm1: ({ x }) => {
    const y = cast(x!, 'float32');
    return pair('Mul', map('Tanh', pair('Mul', y, 0.5)), pair('Add', map('Exp', y), 1));
  },
  // log(1 + x) = 2·artanh(x/(x + 2)), exact where 1 + x rounds x away.
  Log1p: ({ x }) => {
    const y = cast(x!, 'float32');
    const near = pair('Mul', map('Atanh', pair('Div', y, pair('Add', y, 2))), 2);
    return where(compare('Less', map('Abs', y), 0.5), near, map('Log', pair('Add', y, 1)));
  },

  IsNan: ({ x }) => emit('IsNaN', [cast(x!, 'float32')], x!.shape, 'bool'),
  IsInf: ({ x }) => emit('IsInf', [cast(x!, 'float32')], x!.shape, 'bool'),
  IsFinite: ({ x }) => compare('Less', map('Abs', cast(x!, 'float32')), Infinity),

  ClipByValue: ({ x }, { clipValueMin, clipValueMax }) => {
    const bounds = [clipValueMin, clipValueMax].map((bound) => scalar(bound as number, x!.dtype));
    return emit('Clip', [x!, ...bounds], x!.shape, x!.dtype);
  },
  Select: ({ condition, t, e }) => where(condition!, t!, e!),
});
