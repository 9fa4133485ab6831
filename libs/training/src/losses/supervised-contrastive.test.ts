import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { supervisedContrastive } from './supervised-contrastive.ts';
import {
  agree,
  column,
  expectFinite,
  matrixOf,
  runEagerly,
  type Matrix,
  type Reference,
  type TensorLoss,
} from './testing.ts';

const total = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0);
const dot = (a: readonly number[], b: readonly number[]): number => total(a.map((value, i) => value * b[i]!));

const jaccard = (a: readonly number[], b: readonly number[]): number => {
  const either = a.filter((value, c) => value + b[c]! > 0).length;
  return either === 0 ? 0 : dot(a, b) / either;
};

const referenceOf =
  (targets: Matrix, counted: readonly number[], temperature: number): Reference =>
  (x) => {
    const unit = x.map((row) => row.map((value) => value / Math.hypot(...row)));
    return unit.map((anchor, i) => {
      const others = unit.flatMap((_, j) => (j !== i && counted[j] === 1 ? [j] : []));
      const scores = others.map((j) => dot(anchor, unit[j]!) / temperature);
      const most = Math.max(...scores);
      const log = most + Math.log(total(scores.map((score) => Math.exp(score - most))));
      const weights = others.map((j) => jaccard(targets[i]!, targets[j]!));
      if (counted[i] === 0 || total(weights) === 0) return 0;
      return -total(weights.map((weight, at) => weight * (scores[at]! - log))) / total(weights);
    });
  };

const lossAt =
  (temperature: number): TensorLoss =>
  (x, { targets, counted }) =>
    supervisedContrastive(x, targets!, tf.reshape(counted!, [-1]), { temperature });

const drawn = fc
  .tuple(fc.integer({ min: 1, max: 6 }), fc.integer({ min: 2, max: 5 }), fc.integer({ min: 1, max: 4 }))
  .chain(([rows, hidden, labels]) =>
    fc.record({
      features: matrixOf(rows, hidden, 2).filter((x) => x.every((row) => Math.hypot(...row) > 0.2)),
      targets: fc.array(fc.array(fc.constantFrom(0, 1), { minLength: labels, maxLength: labels }), {
        minLength: rows,
        maxLength: rows,
      }),
      counted: fc.array(fc.constantFrom(0, 1, 1, 1), { minLength: rows, maxLength: rows }),
    }),
  );

describe('supervisedContrastive', () => {
  it.each([0.1, 1])('equals double precision at temperature %d, with a gradient to match', (temperature) =>
    fc.assert(
      fc.asyncProperty(drawn, ({ features, targets, counted }) =>
        agree(lossAt(temperature), referenceOf(targets, counted, temperature), features, {
          targets,
          counted: column(counted),
        }),
      ),
      { numRuns: 10 },
    ),
  );

  it('is finite for features of 0, of 1e4 and -1e4, and for anchors without positives', async () => {
    const features = [
      [1e4, -1e4],
      [-1e4, 1e4],
      [0, 0],
      [1, 2],
      [0, 0],
    ];
    const targets = [
      [1, 0],
      [1, 0],
      [0, 0],
      [0, 1],
      [0, 1],
    ];
    await expectFinite(lossAt(0.07), features, { targets, counted: column([1, 1, 1, 1, 0]) });
    const { losses, gradient } = await runEagerly(lossAt(0.07), features, {
      targets,
      counted: column([1, 1, 1, 1, 0]),
    });
    expect(losses.slice(2).map(Math.abs)).toEqual([0, 0, 0]);
    expect(gradient.slice(8).map(Math.abs)).toEqual([0, 0]); // an empty slot
  });

  it('descent brings texts of one class together and the classes apart', async () => {
    let features: Matrix = [
      [1, 0.2],
      [0.2, 1],
      [1, 0.3],
      [0.3, 1],
    ];
    const data = {
      targets: [
        [1, 0],
        [1, 0],
        [0, 1],
        [0, 1],
      ],
      counted: column([1, 1, 1, 1]),
    };
    const cosine = (a: number, b: number): number =>
      dot(features[a]!, features[b]!) / (Math.hypot(...features[a]!) * Math.hypot(...features[b]!));
    const before = cosine(0, 1) - cosine(0, 2);
    for (let step = 0; step < 60; step++) {
      const { gradient } = await runEagerly(lossAt(0.5), features, data);
      features = features.map((row, i) => row.map((value, c) => value - 0.1 * gradient[2 * i + c]!));
    }
    expect(before).toBeLessThan(0);
    expect(cosine(0, 1) - cosine(0, 2)).toBeGreaterThan(0.5);
  });

  it('of two positives, the one that shares more labels draws more', async () => {
    const features = [
      [1, 0, 0],
      [0, 1, 0],
      [0, 0, 1],
    ];
    const targets = [
      [1, 1, 1],
      [1, 1, 0],
      [0, 0, 1],
    ];
    const { gradient } = await runEagerly(
      (x, { targets: t }) => tf.mul(supervisedContrastive(x, t!, tf.ones([3])), tf.tensor1d([1, 0, 0])),
      features,
      { targets },
    );
    expect(-gradient[1]!).toBeGreaterThan(0); // the anchor moves towards the second text …
    expect(-gradient[1]!).toBeGreaterThan(-gradient[2]!); // … and more than towards the third
  });
});
