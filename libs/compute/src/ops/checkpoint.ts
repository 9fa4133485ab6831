import * as tf from '@tensorflow/tfjs-core';
import { register } from '../kernels/register.ts';
import { currentTrace, emit, isTracing } from '../trace-backend.ts';

// Gradient checkpointing (Chen et al. 2016): what a function computes on its way is not kept for its gradient, but computed
// again. The copies must not be taken for the originals, which they equal, nor run before the gradient is there, which would
// hold them all at once. Both follow from an input of their own that waits for the gradient.

register('After', ({ x, signal }) => {
  const { builder } = currentTrace();
  const [begin, end] = [builder.int64(0), builder.int64(1)];
  const first = emit('Slice', [signal!, begin, end, begin], [1, ...signal!.shape.slice(1)]);
  const one = emit('ReduceMax', [first], [], 'float32', { keepdims: 0 });
  // x, whatever the condition says: neither a NaN nor an infinity of the signal gets in.
  const condition = emit('GreaterOrEqual', [one, builder.float(0)], [], 'bool');
  return emit('Where', [condition, x!, x!], x!.shape, x!.dtype);
});

/** `x`, but not before `signal` is known. */
const after = (x: tf.Tensor, signal: tf.Tensor): tf.Tensor =>
  isTracing() ? tf.engine().runKernel('After', { x, signal }) : x;

/** tfjs takes gradients within gradients only while it believes that a tape is running. */
const withinGradient = <Result>(body: () => Result): Result => {
  const { state } = tf.engine();
  state.gradientDepth++;
  try {
    return body();
  } finally {
    state.gradientDepth--;
  }
};

/**
 * fn(variables, constants), whose gradient computes `fn` a second time instead of keeping what it computed on its way.
 * @param variables what the gradient is taken of; the first is what changes from call to call
 * @param constants small tensors that `fn` reads beside them; what it derives from them is not kept either
 */
export const checkpoint = (
  fn: (variables: tf.Tensor[], constants: tf.Tensor[]) => tf.Tensor,
  variables: tf.Tensor[],
  constants: tf.Tensor[] = [],
): tf.Tensor => {
  const count = variables.length;
  const once = tf.customGrad((...inputs) => {
    const save = inputs.pop() as unknown as tf.GradSaveFunc;
    const given = inputs as tf.Tensor[];
    save([...given, ...constants]);
    return {
      value: fn(given, constants),
      gradFunc: (dy: tf.Tensor | tf.Tensor[], saved: tf.Tensor[]) => {
        const signal = Array.isArray(dy) ? dy[0]! : dy;
        const [x, ...others] = saved.slice(0, count) as [tf.Tensor, ...tf.Tensor[]];
        const again = [after(x, signal), ...others];
        const late = saved.slice(count).map((constant) => after(constant, signal));
        return withinGradient(() => tf.engine().gradients(() => fn(again, late), again, signal)).grads;
      },
    };
  });
  return once(...variables);
};
