import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-core/dist/register_all_gradients.js';
import { describe, expect, it } from 'vitest';
import { compile, loop } from './index.ts';
import { largestError, numbers, runReference, runTraced } from './testing.ts';

const at = (x: tf.Tensor, i: tf.Tensor): tf.Tensor => tf.gather(x, i);

describe('loop', () => {
  it('carries state, stacks outputs, reads from outside, as often as an input is long', async () => {
    const signature = { x: { shape: ['times', 3] }, w: { shape: [3] } };
    for (const times of [1, 4]) {
      const feeds = {
        x: { shape: [times, 3], data: numbers(3 * times) },
        w: { shape: [3], data: numbers(3, 1, 5) },
      };
      const expected = await runReference(({ x, w }) => {
        let sum: tf.Tensor = tf.neg(w!);
        const seen: tf.Tensor[] = [];
        for (let i = 0; i < times; i++) {
          sum = tf.add(sum, tf.mul(at(x!, tf.scalar(i, 'int32')), tf.exp(w!)));
          seen.push(tf.sum(sum));
        }
        return { sum, seen: tf.stack(seen) };
      }, feeds);
      const actual = await runTraced(
        ({ x, w }) => {
          const { state, outputs } = loop({
            times: x!.shape[0],
            state: { sum: tf.neg(w!) },
            body: ({ sum }, i) => {
              const next = tf.add(sum, tf.mul(at(x!, i), tf.exp(w!)));
              return { state: { sum: next }, outputs: { seen: tf.sum(next) } };
            },
          });
          return { sum: state.sum, seen: outputs.seen };
        },
        feeds,
        signature,
      );
      for (const name of ['sum', 'seen']) expect(largestError(actual[name]!, expected[name]!), name).toBeLessThan(1e-6);
    }
  });

  it('descends a gradient: loops nest, and gradients are taken within', async () => {
    const feeds = { w: { shape: [2], data: Float32Array.of(3, -2) }, goals: { shape: [2, 2], data: numbers(4) } };
    const step = (w: tf.Tensor, goal: tf.Tensor): tf.Tensor =>
      tf.sub(w, tf.mul(0.3, tf.grad((x: tf.Tensor) => tf.sum(tf.square(tf.sub(x, goal))))(w)));
    const { end } = await runTraced(({ w: start, goals }) => {
      const outer = loop({
        times: 5,
        state: { w: start! },
        body: (state) => {
          const inner = loop({
            times: 2,
            state,
            body: ({ w: now }, i) => ({ state: { w: step(now, at(goals!, i)) }, outputs: {} }),
          });
          return { state: inner.state, outputs: {} };
        },
      });
      return { end: outer.state.w };
    }, feeds);
    const expected = [3, -2];
    const goals = feeds.goals.data;
    for (let i = 0; i < 10; i++)
      for (const k of [0, 1]) expected[k] = expected[k]! - 0.6 * (expected[k]! - goals[2 * (i % 2) + k]!);
    expect(end!.data[0]).toBeCloseTo(expected[0]!, 5);
    expect(end!.data[1]).toBeCloseTo(expected[1]!, 5);
  });

  it('simplifies bodies, and takes what stays the same from outside', () => {
    const program = compile(
      ({ x }) => {
        const outside = tf.exp(x!);
        tf.log(x!);
        const { state } = loop({
          times: 3,
          state: { y: x! },
          body: ({ y }) => {
            tf.sin(y);
            return { state: { y: tf.add(tf.add(tf.tanh(y), tf.tanh(y)), outside) }, outputs: {} };
          },
        });
        return { y: tf.add(state.y, outside) };
      },
      { x: { shape: [2] } },
    );
    expect(program.graph.nodes.map(({ op }) => op)).toEqual(['Exp', 'Loop', 'Add']);
    const body = program.graph.nodes[1]!.attributes.body as { graph: typeof program.graph };
    expect(body.graph.nodes.map(({ op }) => op).filter((op) => op !== 'Identity')).toEqual(['Tanh', 'Add', 'Add']);
  });

  it('refuses a state that changes its shape', () => {
    const grow = () =>
      compile(
        ({ x }) =>
          loop({ times: 2, state: { x: x! }, body: (s) => ({ state: { x: tf.concat([s.x, s.x]) }, outputs: {} }) })
            .state,
        { x: { shape: [2] } },
      );
    expect(grow).toThrow("'x' enters as float32[2] and leaves as float32[4]");
  });
});
