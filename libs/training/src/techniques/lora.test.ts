import { createRandom } from '@taxon/data';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { initialLora, loraScale, loraShapes, mergeLora } from './lora.ts';

const problem = fc
  .tuple(fc.integer({ min: 1, max: 6 }), fc.integer({ min: 1, max: 6 }), fc.integer({ min: 1, max: 3 }), fc.nat(99))
  .map(([rows, columns, rank, seed]) => {
    const random = createRandom(seed);
    const draw = (size: number): Float32Array => Float32Array.from({ length: size }, () => random() - 0.5);
    return {
      shape: [rows, columns] as const,
      rank,
      weight: draw(rows * columns),
      a: draw(rows * rank),
      b: draw(rank * columns),
    };
  });

describe('mergeLora', () => {
  it('equals x·W + scale·(x·A)·B for every unit vector x, and is taken out again', () => {
    fc.assert(
      fc.property(problem, ({ shape, rank, weight, a, b }) => {
        const [rows, columns] = shape;
        const scale = loraScale(16, rank);
        const merged = weight.slice();
        mergeLora(merged, { a, b }, shape, scale);
        for (let i = 0; i < rows; i++)
          for (let j = 0; j < columns; j++) {
            let sum = 0;
            for (let k = 0; k < rank; k++) sum += a[i * rank + k]! * b[k * columns + j]!;
            expect(merged[i * columns + j]).toBeCloseTo(weight[i * columns + j]! + scale * sum, 4);
          }
        mergeLora(merged, { a, b }, shape, -scale);
        merged.forEach((value, i) => expect(value).toBeCloseTo(weight[i]!, 5));
      }),
    );
  });
});

describe('initialLora', () => {
  const shape = [400, 30] as const;

  it('starts where the model is, with A of variance 1/in', () => {
    const pair = initialLora(shape, 8, createRandom(1));
    const weight = new Float32Array(400 * 30).fill(0.5);
    mergeLora(weight, pair, shape, 2);
    expect(weight.every((value) => value === 0.5)).toBe(true);
    const variance = pair.a.reduce((sum, value) => sum + value * value, 0) / pair.a.length;
    expect(variance * 400).toBeGreaterThan(0.9);
    expect(variance * 400).toBeLessThan(1.1);
  });

  it('has the shapes that it names, and is the same for the same seed', () => {
    const pair = initialLora(shape, 8, createRandom(1));
    expect(loraShapes(shape, 8)).toEqual({ a: [400, 8], b: [8, 30] });
    expect([pair.a.length, pair.b.length]).toEqual([400 * 8, 8 * 30]);
    expect(initialLora(shape, 8, createRandom(1))).toEqual(pair);
    expect(initialLora(shape, 8, createRandom(2))).not.toEqual(pair);
  });
});
