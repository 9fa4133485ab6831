import type * as tf from '@tensorflow/tfjs-core';
import { currentTrace, emit } from '../trace-backend.ts';
import { broadcastShape, register } from './register.ts';

/** tfjs kernel → ONNX operator, where one node does the same. */
const unary = {
  Abs: 'Abs',
  Ceil: 'Ceil',
  Cos: 'Cos',
  Erf: 'Erf',
  Exp: 'Exp',
  Floor: 'Floor',
  Identity: 'Identity',
  Log: 'Log',
  LogicalNot: 'Not',
  Neg: 'Neg',
  Reciprocal: 'Reciprocal',
  Relu: 'Relu',
  Round: 'Round',
  Sigmoid: 'Sigmoid',
  Sign: 'Sign',
  Sin: 'Sin',
  Softplus: 'Softplus',
  Sqrt: 'Sqrt',
  Tanh: 'Tanh',
} as const;

const arithmetic = {
  Add: 'Add',
  Sub: 'Sub',
  Multiply: 'Mul',
  RealDiv: 'Div',
  Maximum: 'Max',
  Minimum: 'Min',
  Pow: 'Pow',
} as const;

const comparison = {
  Equal: 'Equal',
  Greater: 'Greater',
  GreaterEqual: 'GreaterOrEqual',
  Less: 'Less',
  LessEqual: 'LessOrEqual',
  LogicalAnd: 'And',
  LogicalOr: 'Or',
} as const;

for (const [kernel, op] of Object.entries(unary)) register(kernel, ({ x }) => emit(op, [x!], x!.shape, x!.dtype));

for (const [kernel, op] of Object.entries(arithmetic))
  register(kernel, ({ a, b }) => emit(op, [a!, b!], broadcastShape(a!, b!), a!.dtype));

for (const [kernel, op] of Object.entries(comparison))
  register(kernel, ({ a, b }) => emit(op, [a!, b!], broadcastShape(a!, b!), 'bool'));

register('NotEqual', ({ a, b }) => {
  const shape = broadcastShape(a!, b!);
  return emit('Not', [emit('Equal', [a!, b!], shape, 'bool')], shape, 'bool');
});

register('Square', ({ x }) => emit('Mul', [x!, x!], x!.shape, x!.dtype));

register('SquaredDifference', ({ a, b }) => {
  const shape = broadcastShape(a!, b!);
  const difference = emit('Sub', [a!, b!], shape, a!.dtype);
  return emit('Mul', [difference, difference], shape, a!.dtype);
});

register('Rsqrt', ({ x }) => emit('Reciprocal', [emit('Sqrt', [x!], x!.shape)], x!.shape));

register('ClipByValue', ({ x }, { clipValueMin, clipValueMax }) => {
  const { builder } = currentTrace();
  return emit('Clip', [x!, builder.float(clipValueMin as number), builder.float(clipValueMax as number)], x!.shape);
});

register('Select', ({ condition, t, e }) => emit('Where', [condition!, t!, e!], t!.shape, t!.dtype));

/** ONNX's numbers for the element types that tfjs casts between (TensorProto.DataType). */
const onnxType: Partial<Record<tf.DataType, number>> = { float32: 1, int32: 6, bool: 9 };

register('Cast', ({ x }, { dtype }) => {
  const to = dtype as tf.DataType;
  return x!.dtype === to
    ? emit('Identity', [x!], x!.shape, to)
    : emit('Cast', [x!], x!.shape, to, { to: onnxType[to]! });
});
