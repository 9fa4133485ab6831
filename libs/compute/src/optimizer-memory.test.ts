import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as tf from '@tensorflow/tfjs-core';
import { compile, createOptimizerMemory, createSession } from './index.ts';

const finite = fc.float({ min: -100, max: 100, noNaN: true });
const coefficients = { beta1: 0.9, first: 0.05, beta2: 0.999, second: 0.0005, rate: 1e-3, epsilon: 1e-8, keep: 0.99 };

describe('optimizer memory', () => {
  it('updates like the formula in double precision, at every size, and no neighbour', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(finite, finite, fc.float({ min: 0, max: 10, noNaN: true }), finite), {
          minLength: 1,
          maxLength: 37,
        }),
        (rows) => {
          const memory = createOptimizerMemory({ before: 3, x: rows.length, after: 5 });
          const { x, before, after } = memory.tensors;
          rows.forEach(([value, m, v, gradient], i) => {
            [x!.value[i], x!.m[i], x!.v[i], x!.gradient[i]] = [value, m, v, gradient];
          });
          memory.update('x', coefficients);
          const { beta1, first, beta2, second, rate, epsilon, keep } = coefficients;
          rows.forEach(([value, m, v, gradient], i) => {
            const nextM = beta1 * m + first * gradient;
            const nextV = beta2 * v + second * gradient ** 2;
            const next = keep * value - (rate * nextM) / (Math.sqrt(nextV) + epsilon);
            expect(x!.m[i]!).toBeCloseTo(nextM, 4);
            expect(x!.v[i]!).toBeCloseTo(nextV, 4);
            expect(Math.abs(x!.value[i]! - next)).toBeLessThanOrEqual(1e-4 * Math.max(1, Math.abs(next)));
          });
          for (const other of [before!, after!])
            expect([...other.value, ...other.m, ...other.v].every((n) => n === 0)).toBe(true);
        },
      ),
    );
  });

  it('takes the norm of all gradients', () => {
    const memory = createOptimizerMemory({ a: 5, b: 40_000 });
    const { a, b } = memory.tensors;
    a!.gradient.fill(2);
    b!.gradient.fill(0.5);
    expect(memory.squaredNorm()).toBeCloseTo(5 * 4 + 40_000 * 0.25, 3);
  });

  it('keeps matrices in int8, by column and by row, within half a step of each scale', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 40 }),
        fc.integer({ min: 1, max: 4 }),
        fc.integer(),
        (rows, blocks, seed) => {
          const columns = 16 * blocks;
          const memory = createOptimizerMemory({ x: rows * columns }, { int8: { x: [rows, columns] } });
          const { value, int8 } = memory.tensors.x!;
          const random = new Float32Array(value.length).map((_, i) => Math.sin(seed + i * i) * 10 ** ((i % 7) - 5));
          value.set(random);
          value.fill(0, 0, columns); // a row of zeros
          memory.quantize();
          value.forEach((x, i) => {
            const [row, column] = [Math.floor(i / columns), i % columns];
            for (const [q, scale] of [
              [int8!.byColumn[i]!, int8!.columnScales[column]!],
              [int8!.byRow[i]!, int8!.rowScales[row]!],
            ] as const)
              expect(Math.abs(q * scale - x)).toBeLessThanOrEqual(0.5001 * scale);
          });
          expect(Math.max(...int8!.byColumn.map(Math.abs))).toBe(rows > 1 ? 127 : 0);
        },
      ),
    );
  });

  it('lends its arrays to programs, which read and write them in place', async () => {
    const { x } = createOptimizerMemory({ x: 6 }).tensors;
    x!.value.set([1, 2, 3, 4, 5, 6]);
    const session = await createSession(
      compile(({ a }) => ({ y: tf.square(a!) }), { a: { shape: [6] } }),
      { threads: 1 },
    );
    await session.run({ a: { shape: [6], data: x!.value } }, { y: { shape: [6], data: x!.gradient } });
    await session.dispose();
    expect([...x!.gradient]).toEqual([1, 4, 9, 16, 25, 36]);
  });
});
