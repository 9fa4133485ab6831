import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { distillation } from './distillation.ts';
import { rDrop } from './r-drop.ts';
import { agree, expectFinite, matrixOf, runEagerly, type Matrix, type TensorLoss } from './testing.ts';

const total = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0);
const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));

const softmax = (x: readonly number[]): number[] => {
  const powers = x.map((value) => Math.exp(value - Math.max(...x)));
  return powers.map((value) => value / total(powers));
};

const divergence = (p: readonly number[], q: readonly number[]): number =>
  total(p.map((value, c) => value * Math.log(value / q[c]!)));

/** KL(a‖b) of two rows of logits: of one distribution, or the mean of one a label. */
const kl = {
  softmax: (a: readonly number[], b: readonly number[]): number => divergence(softmax(a), softmax(b)),
  sigmoid: (a: readonly number[], b: readonly number[]): number =>
    total(a.map((x, c) => divergence([sigmoid(x), sigmoid(-x)], [sigmoid(b[c]!), sigmoid(-b[c]!)]))) / a.length,
};

const twoOf = (range: number) =>
  fc
    .tuple(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 6 }))
    .chain(([rows, columns]) => fc.tuple(matrixOf(rows, columns, range), matrixOf(rows, columns, range)));

const extreme: Matrix = [
  [1e4, -1e4, 1e4],
  [-1e4, 1e4, 1e4],
  [0, 0, 0],
  [1e4, 1e4, 1e4],
];
const opposite = extreme.map((row) => row.map((value) => -value)).with(3, [1e4, 1e4, -1e4]);

describe.each(['softmax', 'sigmoid'] as const)('of %s', (kind) => {
  const consistency: TensorLoss = (x, { y }) => rDrop(x, y!, kind);
  const symmetric = (a: readonly number[], b: readonly number[]): number => (kl[kind](a, b) + kl[kind](b, a)) / 2;

  it('R-Drop equals double precision, and its gradient by either side', () =>
    fc.assert(
      fc.asyncProperty(twoOf(5), async ([x, y]) => {
        await agree(consistency, (a) => a.map((row, i) => symmetric(row, y[i]!)), x, { y });
        await agree(
          (b, { a }) => rDrop(a!, b, kind),
          (b) => b.map((row, i) => symmetric(x[i]!, row)),
          y,
          { a: x },
        );
      }),
      { numRuns: 6 },
    ));

  it('R-Drop is finite at logits of ±1e4', () => expectFinite(consistency, extreme, { y: opposite }));

  it('R-Drop is 0 where both agree, and its descent brings them together', async () => {
    const [x, y]: Matrix[] = [[[1, -0.5, 2]], [[0.5, 1, -1]]];
    expect((await runEagerly(consistency, x!, { y: x! })).losses[0]).toBeCloseTo(0, 7);
    const before = await runEagerly(consistency, x!, { y: y! });
    const moved = [x![0]!.map((value, c) => value - 0.1 * before.gradient[c]!)];
    expect((await runEagerly(consistency, moved, { y: y! })).losses[0]).toBeLessThan(before.losses[0]!);
  });

  it.each([1, 4])('distillation at temperature %d equals double precision', (temperature) =>
    fc.assert(
      fc.asyncProperty(twoOf(5), async ([student, teacher]) => {
        const cooled = (row: readonly number[]): number[] => row.map((value) => value / temperature);
        await agree(
          (x, { y }) => distillation(x, y!, kind, temperature),
          (x) => x.map((row, i) => temperature ** 2 * kl[kind](cooled(teacher[i]!), cooled(row))),
          student,
          { y: teacher },
        );
      }),
      { numRuns: 6 },
    ),
  );

  it.each([1, 20])('distillation at temperature %d is finite at logits of ±1e4', (temperature) =>
    expectFinite((x, { y }) => distillation(x, y!, kind, temperature), extreme, { y: opposite }),
  );

  it('the gradient of distillation keeps its size when the temperature rises', async () => {
    const pull = async (temperature: number): Promise<number> => {
      const { gradient } = await runEagerly((x, { y }) => distillation(x, y!, kind, temperature), [[0.3, -0.2, 0.1]], {
        y: [[1, -1, 0.5]],
      });
      return Math.hypot(...gradient);
    };
    const [cold, hot] = [await pull(1), await pull(10)];
    expect(hot / cold).toBeGreaterThan(0.5);
    expect(hot / cold).toBeLessThan(2);
  });
});
