import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { compile } from './index.ts';

it('puts results last, and what can run first at the very end, where ONNX Runtime begins to walk', () => {
  const { graph } = compile(
    ({ x }) => {
      const early = tf.tanh(x!);
      const late = tf.exp(early);
      return { a: tf.abs(early), b: tf.sin(late), c: tf.neg(tf.cos(late)) };
    },
    { x: { shape: [2] } },
  );
  expect(graph.nodes.map(({ op }) => op)).toEqual(['Tanh', 'Exp', 'Cos', 'Neg', 'Sin', 'Abs']);
});
