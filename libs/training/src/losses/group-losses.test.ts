import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  groupConsistency,
  groupDistillation,
  groupLosses,
  type GroupLossOptions,
  type LossGroup,
} from './group-losses.ts';
import type { LossName } from './loss-table.ts';
import { agree, expectFinite, matrixOf, runEagerly, type Matrix, type Reference, type TensorLoss } from './testing.ts';

const groups: LossGroup[] = [
  { kind: 'softmax', begin: 0, end: 3, weight: 1 },
  { kind: 'sigmoid', begin: 3, end: 5, weight: 0.8 },
  { kind: 'softmax', begin: 5, end: 7, weight: 2 },
];

const total = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0);
const softplus = (x: number): number => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));

const crossEntropy = {
  softmax: (x: readonly number[], t: readonly number[]): number => {
    const log = Math.log(total(x.map(Math.exp)));
    return total(x.map((value, c) => t[c]! * (log - value)));
  },
  sigmoid: (x: readonly number[], t: readonly number[]): number =>
    total(x.map((value, c) => t[c]! * softplus(-value) + (1 - t[c]!) * softplus(value))) / x.length,
};

const referenceOf =
  (targets: Matrix, known: Matrix, weights?: readonly number[]): Reference =>
  (x) =>
    x.map((row, i) =>
      total(
        groups.map(({ kind, begin, end, weight }, g) => {
          const t = targets[i]!.slice(begin, end).map((value, c) => value * (weights?.[begin + c] ?? 1));
          return known[i]![g] === 0 ? 0 : weight * crossEntropy[kind](row.slice(begin, end), t);
        }),
      ),
    );

const lossOf =
  (options?: GroupLossOptions, of: readonly LossGroup[] = groups): TensorLoss =>
  (x, { targets, known }) =>
    groupLosses(x, targets!, known!, of, options);

const oneHot = (size: number) =>
  fc.nat(size - 1).map((hot) => Array.from({ length: size }, (_, i) => (i === hot ? 1 : 0)));

/** One text: its targets, and which groups are known; what is not known may be all 0. */
const text = fc
  .tuple(oneHot(3), fc.array(fc.constantFrom(0, 1), { minLength: 2, maxLength: 2 }), oneHot(2))
  .chain((targets) =>
    fc.array(fc.constantFrom(0, 1), { minLength: 3, maxLength: 3 }).map((known) => ({
      known,
      targets: targets.flatMap((part, g) => (known[g] === 1 ? part : part.map(() => 0))),
    })),
  );

const drawn = fc.integer({ min: 1, max: 5 }).chain((rows) =>
  fc.record({
    logits: matrixOf(rows, 7, 5),
    texts: fc.array(text, { minLength: rows, maxLength: rows }),
  }),
);

describe('groupLosses', () => {
  it('adds up what the groups of a text cost that are known', () =>
    fc.assert(
      fc.asyncProperty(drawn, async ({ logits, texts }) => {
        const [targets, known] = [texts.map((one) => one.targets), texts.map((one) => one.known)];
        await agree(lossOf(), referenceOf(targets, known), logits, { targets, known });
      }),
      { numRuns: 10 },
    ));

  it.each<LossName>(['cross-entropy', 'focal', 'ghm', 'asymmetric'])(
    'a text without known groups costs 0 and pulls nothing, at any logits (%s)',
    async (name) => {
      const logits = [
        [1e4, -1e4, 0, 1e4, -1e4, 0, 0],
        [1, 2, 3, 4, 5, 6, 7],
      ];
      const data = {
        targets: logits.map(() => [0, 0, 0, 0, 0, 0, 0]),
        known: [
          [0, 0, 0],
          [0, 1, 0],
        ],
      };
      const loss = lossOf({
        names: { softmax: name === 'asymmetric' ? 'focal' : name, sigmoid: name },
        labelSmoothing: 0.1,
      });
      await expectFinite(loss, logits, data);
      const { losses, gradient } = await runEagerly(loss, logits, data);
      expect(Math.abs(losses[0]!)).toBe(0);
      expect(gradient.slice(0, 10).map(Math.abs)).toEqual(Array.from({ length: 10 }, () => 0));
      expect(losses[1]).toBeGreaterThan(0);
    },
  );

  it('one group of all columns is the loss itself; a weight of 0 leaves a group out', async () => {
    const [logits, targets]: Matrix[] = [[[1, -2, 0.5]], [[0, 1, 0]]];
    const whole = await runEagerly(lossOf({}, [{ kind: 'softmax', begin: 0, end: 3, weight: 1 }]), logits!, {
      targets: targets!,
      known: [[1]],
    });
    expect(whole.losses[0]).toBeCloseTo(crossEntropy.softmax(logits![0]!, targets![0]!), 5);
    const parts = groups.map((group, g) => ({ ...group, weight: g === 1 ? 0 : group.weight }));
    const { gradient } = await runEagerly(lossOf({}, parts), [[0, 0, 0, 0, 0, 0, 0]], {
      targets: [[1, 0, 0, 1, 0, 1, 0]],
      known: [[1, 1, 1]],
    });
    expect(gradient.map((value) => value !== 0)).toEqual([true, true, true, false, false, true, true]);
  });

  it('cuts class weights by group, and reads positive weights in sigmoid groups alone', async () => {
    const data = { targets: [[1, 0, 0, 1, 0, 1, 0]], known: [[1, 1, 1]] };
    const logits = [[0.5, 1, -1, 0.3, -0.2, 1, 2]];
    const ofGroup = async (options: GroupLossOptions): Promise<number[]> =>
      (await runEagerly(lossOf(options), logits, data)).gradient;
    const plain = await ofGroup({});
    const weighted = await ofGroup({ classWeights: [3, 1, 1, 1, 1, 5, 1] });
    const positive = await ofGroup({ positiveWeights: [9, 9, 9, 4, 9, 9, 9] });
    const ratios = (other: number[]): number[] => other.map((value, c) => value / plain[c]!);
    ratios(weighted).forEach((ratio, c) => expect(ratio).toBeCloseTo([3, 3, 3, 1, 1, 5, 5][c]!, 4));
    ratios(positive).forEach((ratio, c) => expect(ratio).toBeCloseTo([1, 1, 1, 4, 1, 1, 1][c]!, 4));
  });

  it('refuses a loss for multi-label tasks in a single-label one, and groups that leave columns out', async () => {
    const data = { targets: [[1, 0, 0, 0, 0, 1, 0]], known: [[1, 1, 1]] };
    const logits = [[0, 0, 0, 0, 0, 0, 0]];
    await expect(runEagerly(lossOf({ names: { softmax: 'asymmetric' } }), logits, data)).rejects.toMatchObject({
      code: 'invalid_input',
      hint: expect.stringContaining('cross-entropy, focal, ghm'),
    });
    await expect(runEagerly(lossOf({}, groups.slice(1)), logits, data)).rejects.toMatchObject({ code: 'internal' });
  });
});

describe('over groups', () => {
  const known = [[1, 0, 1]];
  const [x, y]: Matrix[] = [[[1, 2, 3, 4, 5, 6, 8]], [[3, 2, 0, 1, 1, 1, 2]]];

  it.each([
    ['R-Drop', (a, { b, known: k }) => groupConsistency(a, b!, k!, groups)],
    ['distillation', (a, { b, known: k }) => groupDistillation(a, b!, k!, groups, 2)],
  ] satisfies [string, TensorLoss][])('%s pulls at the known groups alone', async (_, loss) => {
    const { losses, gradient } = await runEagerly(loss, x!, { b: y!, known });
    expect(losses[0]).toBeGreaterThan(0.1);
    expect(gradient.map((value) => Math.abs(value) > 1e-4)).toEqual([true, true, true, false, false, true, true]);
    await expectFinite(loss, x!, { b: y!, known });
  });
});
