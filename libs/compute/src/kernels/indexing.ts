import * as tf from '@tensorflow/tfjs-core';
import { currentTrace, emit } from '../trace-backend.ts';
import { register } from './register.ts';
import { reshape } from './shape.ts';

register('GatherV2', ({ x, indices }, { axis, batchDims }) => {
  if (batchDims !== 0) throw new RangeError(`gather: batchDims ${String(batchDims)} is not supported, only 0`);
  const at = tf.util.parseAxisParam(axis as number, x!.shape)[0]!;
  const shape = [...x!.shape.slice(0, at), ...indices!.shape, ...x!.shape.slice(at + 1)];
  return emit('Gather', [x!, indices!], shape, x!.dtype, { axis: at });
});

register('UnsortedSegmentSum', ({ x, segmentIds }, { numSegments }) => {
  const { symbols } = currentTrace();
  const rest = x!.shape.slice(segmentIds!.shape.length);
  const shape = [numSegments as number, ...rest];
  const count = tf.util.sizeFromShape(segmentIds!.shape);
  const zeros = emit('ConstantOfShape', [symbols.shapeOperand(shape)], shape);
  const ids = reshape(emit('Cast', [segmentIds!], segmentIds!.shape, 'int32', { to: 7 }), [count, 1]);
  return emit('ScatterND', [zeros, ids, reshape(x!, [count, ...rest])], shape, 'float32', { reduction: 'add' });
});

register('OneHot', ({ indices }, { depth, onValue, offValue }) => {
  const { builder } = currentTrace();
  const size = builder.constant(Int32Array.of(depth as number), [], 'int32');
  const values = builder.constant(Float32Array.of(offValue as number, onValue as number), [2], 'float32');
  return emit('OneHot', [indices!, size, values], [...indices!.shape, depth as number], 'float32', { axis: -1 });
});
