import * as tf from '@tensorflow/tfjs-core';
import type { Tensors } from './compile.ts';
import type { DType, Graph } from './graph.ts';
import { currentTrace, emit, nameOf, traced } from './trace-backend.ts';

export interface LoopOptions<State extends string, Output extends string> {
  /** How often the body runs: a number, or a size that an input decides. */
  times: number;
  /** Values before the first iteration. Shapes and types stay as they are. */
  state: Tensors<State>;
  /**
   * One iteration. It may read any tensor from outside; none of its own may leave but by the result.
   * @param iteration int32 scalar, from 0
   */
  body: (state: Tensors<State>, iteration: tf.Tensor) => { state: Tensors<State>; outputs: Tensors<Output> };
}

const tensorOf = (name: string, shape: readonly number[], dtype: tf.DataType): tf.Tensor =>
  tf.engine().makeTensorFromTensorInfo(traced(name, shape, dtype));

const expectSameKind = (name: string, before: tf.Tensor, after: tf.Tensor | undefined): tf.Tensor => {
  if (after?.dtype === before.dtype && after.shape.join() === before.shape.join()) return after;
  const kind = ({ dtype, shape }: tf.Tensor): string => `${dtype}[${shape.join()}]`;
  throw new RangeError(`loop: '${name}' enters as ${kind(before)} and leaves as ${after ? kind(after) : 'nothing'}`);
};

/**
 * Runs `body` again and again within the program (ONNX's Loop): on a device the state stays there. Only within `compile`.
 * @returns the state after the last iteration, and the outputs of all of them, stacked along a new first axis
 */
export const loop = <State extends string, Output extends string>({
  times,
  state,
  body,
}: LoopOptions<State, Output>): { state: Tensors<State>; outputs: Tensors<Output> } => {
  const { builder, symbols } = currentTrace();
  const names = Object.keys(state) as State[];
  let outputs = {} as Tensors<Output>;
  // What enters and leaves a body must be values of its own, hence an Identity each.
  const declare = (graph: Graph, tensor: tf.TensorInfo): void => {
    const { dtype, shape } = tensor;
    const name = nameOf(emit('Identity', [tensor], shape, dtype));
    graph.outputs.push({ name, dtype: dtype as DType, shape: shape.map((size) => symbols.describe(size)) });
  };
  const graph = builder.nested((inner) => {
    const enter = (shape: readonly number[], dtype: DType): string => {
      const name = builder.fresh('b');
      inner.inputs.push({ name, dtype, shape: shape.map((size) => symbols.describe(size)) });
      return name;
    };
    const count = enter([], 'int64');
    const condition = enter([], 'bool');
    const iteration = emit('Cast', [count], [], 'int32', { to: 6 });
    const before = Object.fromEntries(
      names.map((name) => {
        const { shape, dtype } = state[name];
        return [name, tensorOf(enter(shape, dtype as DType), shape, dtype)];
      }),
    ) as Tensors<State>;
    const after = body(before, tensorOf(nameOf(iteration), [], 'int32'));
    outputs = after.outputs;
    declare(inner, traced(condition, [], 'bool'));
    for (const name of names) declare(inner, expectSameKind(name, state[name], after.state[name]));
    for (const output of Object.values<tf.Tensor>(outputs)) declare(inner, output);
  });
  const results = [...names, ...Object.keys(outputs)].map(() => builder.fresh('v'));
  const inputs = [symbols.shapeOperand([times]), '', ...names.map((name) => nameOf(state[name]))];
  builder.node('Loop', inputs, { body: { graph } }, '', results);
  const stacked = Object.entries<tf.Tensor>(outputs).map(([name, { shape, dtype }], i) => [
    name,
    tensorOf(results[names.length + i]!, [times, ...shape], dtype),
  ]);
  return {
    state: Object.fromEntries(
      names.map((name, i) => [name, tensorOf(results[i]!, state[name].shape, state[name].dtype)]),
    ) as Tensors<State>,
    outputs: Object.fromEntries(stacked) as Tensors<Output>,
  };
};
