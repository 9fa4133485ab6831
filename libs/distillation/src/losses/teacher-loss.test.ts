import '@tensorflow/tfjs-backend-cpu';
import { groupDistillation, type LossGroup } from '@taxon/training';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-core/dist/register_all_gradients.js';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { embeddings } from './embeddings.ts';
import { hiddenStates } from './hidden-states.ts';
import { meanOverTokens } from './mean-over-tokens.ts';
import { relationHeads, relations } from './relations.ts';
import { teacherLoss, type TeacherTerms } from './teacher-loss.ts';

beforeAll(() => tf.setBackend('cpu'));

// Two rows of five tokens, position-major: row 0 has a text of 2 and one of 3 tokens, row 1 one of 4 and padding.
const segments = (): tf.Tensor2D => tf.tensor2d([0, 0, 1, 1, 1, 0, 0, 0, 0, -1], [2, 5], 'int32');
const [tokens, slots] = [10, 3];
const random = (shape: [number, number], seed: number): tf.Tensor2D => tf.randomNormal(shape, 0, 1, 'float32', seed);

describe('the mean over tokens', () => {
  it('is that of each text, and 0 for slots without one', () => {
    const values = tf.tensor2d([1, 10, 3, 20, 6, 30, 7, 40, 8, 1000], [5, 2]); // (s, r) at s·R + r
    expect([...meanOverTokens(values, segments(), slots).dataSync()]).toEqual([2, 7, 0, 25, 0, 0]);
  });
});

describe('losses between insides', () => {
  const losses = {
    hidden: (a: tf.Tensor2D, b: tf.Tensor2D) => hiddenStates(a, b, segments(), slots),
    relations: (a: tf.Tensor2D, b: tf.Tensor2D) => relations(a, b, segments(), { slots, heads: 2 }),
  };
  it.each(Object.entries(losses))('%s are 0 between equals and above 0 elsewhere, padding left out', (_, loss) => {
    const [x, y] = [random([tokens, 8], 1), random([tokens, 8], 2)];
    for (const value of loss(x, x.clone()).dataSync()) expect(value).toBeCloseTo(0, 6);
    const apart = [...loss(x, y).dataSync()];
    expect(apart.map((value) => value > 0.01)).toEqual([true, true, false, true, false, false]);
    // The last token is padding: whatever the teacher says of it changes nothing.
    const padded = tf.concat<tf.Tensor2D>([tf.slice(y, [0, 0], [9, 8]), tf.fill([1, 8], 50)]);
    [...loss(x, padded).dataSync()].forEach((value, i) => expect(value).toBeCloseTo(apart[i]!, 5));
  });

  it('relations take widths that differ, and do not see what turns both sides of a product', () => {
    const x = random([tokens, 8], 3);
    expect(relations(x, random([tokens, 12], 4), segments(), { slots, heads: 4 }).shape).toEqual([6]);
    // Each head's two numbers turned by the same angle: x·xᵀ stays.
    const [c, s] = [Math.cos(0.7), Math.sin(0.7)];
    const turn = tf.tensor2d(Array.from({ length: 64 }, (_, i) => {
      const [row, column] = [Math.floor(i / 8), i % 8];
      if (Math.floor(row / 2) !== Math.floor(column / 2)) return 0;
      return row === column ? c : row < column ? s : -s;
    }), [8, 8]); // prettier-ignore
    const turned: tf.Tensor2D = tf.matMul(x, turn);
    for (const value of relations(x, turned, segments(), { slots, heads: 4 }).dataSync())
      expect(value).toBeCloseTo(0, 5);
  });

  it('the heads of relations divide both widths', () => {
    expect(relationHeads(12, [384, 384])).toBe(12);
    expect(relationHeads(12, [384, 256])).toBe(8);
    expect(relationHeads(4, [7, 21])).toBe(1);
  });

  it('embeddings are compared by direction; of another width by how the texts of a batch resemble each other', () => {
    const counted = tf.tensor1d([1, 1, 1, 0]);
    const x = random([4, 6], 5);
    for (const value of embeddings(x, tf.mul(x, 3), counted).dataSync()) expect(value).toBeCloseTo(0, 5);
    const wider = tf.concat<tf.Tensor2D>([x, tf.zerosLike(x)], 1); // the same cosines
    for (const value of embeddings(x, wider, counted).dataSync()) expect(value).toBeCloseTo(0, 5);
    const other = [...embeddings(x, random([4, 12], 6), counted).dataSync()];
    expect(other.map((value) => value > 0.001)).toEqual([true, true, true, false]);
  });
});

const group = (kind: LossGroup['kind']): LossGroup[] => [{ kind, begin: 0, end: 3, weight: 1 }];

/** The loss of answers, and its gradient in the student's logits. */
const answers = (student: number[], teacher: number[], kind: LossGroup['kind'], temperature: number) => {
  const loss = (x: tf.Tensor): tf.Scalar =>
    tf.sum(groupDistillation(x as tf.Tensor2D, tf.tensor2d([teacher]), tf.tensor2d([[1]]), group(kind), temperature));
  const { value, grad } = tf.valueAndGrad(loss)(tf.tensor2d([student]));
  return { value: value.dataSync()[0]!, gradient: [...grad.dataSync()] };
};

const logits = fc.array(fc.double({ min: -6, max: 6, noNaN: true }), { minLength: 3, maxLength: 3 });

describe('the loss of answers', () => {
  it.each(['softmax', 'sigmoid'] as const)('of a %s is least, 0, and flat at the teacher’s probabilities', (kind) => {
    fc.assert(
      fc.property(logits, logits, fc.double({ min: 0.5, max: 8, noNaN: true }), (student, teacher, temperature) => {
        const same = answers(teacher, teacher, kind, temperature);
        expect(same.value).toBeCloseTo(0, 4);
        for (const slope of same.gradient) expect(slope).toBeCloseTo(0, 4);
        expect(answers(student, teacher, kind, temperature).value).toBeGreaterThan(-1e-4);
      }),
      { numRuns: 50 },
    );
  });

  it('of a sigmoid teacher knows no softmax: what is added to all labels alike counts', () => {
    const teacher = [2, -1, 0];
    const shifted = teacher.map((z) => z + 3);
    expect(answers(shifted, teacher, 'softmax', 2).value).toBeCloseTo(0, 5);
    expect(answers(shifted, teacher, 'sigmoid', 2).value).toBeGreaterThan(0.2);
    // One label's loss does not depend on the others.
    const one = answers([1, -1, 0], teacher, 'sigmoid', 2);
    const two = answers([1, -1, 5], teacher, 'sigmoid', 2);
    expect(one.gradient[0]).toBeCloseTo(two.gradient[0]!, 6);
  });

  it.each(['softmax', 'sigmoid'] as const)('of a %s: T² holds the gradient up as the temperature rises', (kind) => {
    const [student, teacher] = [[0.2, -0.1, 0.3], [0.5, 0.1, -0.4]] as const; // prettier-ignore
    const size = (temperature: number): number =>
      Math.hypot(...answers([...student], [...teacher], kind, temperature).gradient);
    // At high temperature the gradient tends to a limit; without T² it would fall by 16 from T = 10 to T = 40.
    expect(size(40) / size(10)).toBeGreaterThan(0.95);
    expect(size(40) / size(10)).toBeLessThan(1.05);
  });

  it('of a part of the labels leaves the others alone', () => {
    const terms: TeacherTerms = {
      answers: {
        ...{ weight: 1, temperature: 1, classes: 3, outputs: [2, 0] },
        groups: [{ kind: 'softmax', begin: 0, end: 2, weight: 1 }],
      },
    };
    const fed = { 'teacher.logits': tf.tensor2d([[1, 0]]), 'teacher.known': tf.tensor2d([[1]]) };
    const seen = { features: tf.zeros<tf.Rank.R2>([1, 2]), segments: tf.zeros<tf.Rank.R2>([1, 1], 'int32'), taps: {} };
    const loss = (x: tf.Tensor): tf.Scalar => tf.sum(teacherLoss(terms, { ...seen, logits: x as tf.Tensor2D, fed }));
    const { value, grad } = tf.valueAndGrad(loss)(tf.tensor2d([[3, 9, 4]]));
    expect(value.dataSync()[0]).toBeCloseTo(0, 5); // 4 − 3 is the teacher's 1 − 0
    for (const slope of grad.dataSync()) expect(slope).toBeCloseTo(0, 5);
  });
});
