import * as tf from '@tensorflow/tfjs-core';
import { register } from '../kernels/register.ts';
import { emit, isTracing } from '../trace-backend.ts';
import { reshape } from '../kernels/values.ts';

register('ScatterRows', ({ table, rows, values }) => {
  const count = rows!.shape[0]!;
  const at = reshape(emit('Cast', [rows!], [count], 'int32', { to: 7 }), [count, 1]);
  return emit('ScatterND', [table!, at, values!], table!.shape, table!.dtype);
});

/**
 * The table with some rows replaced. A row may be named more than once only if its values are the same each time.
 * @param table [rows of the table, size]
 * @param rows [count] int32
 * @param values [count, size]
 */
export const scatterRows = (table: tf.Tensor, rows: tf.Tensor, values: tf.Tensor): tf.Tensor =>
  isTracing()
    ? tf.engine().runKernel('ScatterRows', { table, rows, values })
    : tf.tensorScatterUpdate(table, tf.reshape(rows, [-1, 1]), values);
