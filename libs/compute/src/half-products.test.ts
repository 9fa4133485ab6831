import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { compile } from './index.ts';
import { largestError, numbers, runReference } from './testing.ts';
import { createSession } from './session.ts';

const fn = ({ a, b }: Record<string, tf.Tensor>) => ({
  y: tf.add(tf.matMul(a as tf.Tensor2D, b as tf.Tensor2D), tf.matMul(a as tf.Tensor2D, b as tf.Tensor2D, true, true)),
});
const feeds = { a: { shape: [8, 8], data: numbers(64) }, b: { shape: [8, 8], data: numbers(64, 1, 2) } };
const signature = { a: { shape: [8, 8] }, b: { shape: [8, 8] } };

it('rounds the operands of every product once, and leaves all else in fp32', async () => {
  const program = compile(fn, signature, { products: 'float16' });
  const ops = program.graph.nodes.map(({ op }) => op).sort();
  expect(ops).toEqual(['Add', 'Cast', 'Cast', 'Cast', 'Cast', 'Gemm', 'MatMul']);
  const session = await createSession(program, { threads: 1 });
  const { y } = await session.run(feeds);
  await session.dispose();
  expect(largestError(y!, (await runReference(fn, feeds)).y!)).toBeLessThan(5e-3);
});
