import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import type { LossKind, LossOptions } from './loss.ts';
import { lossOf, type LossName } from './loss-table.ts';
import { smoothTargets } from './label-smoothing.ts';
import { runEagerly, type Matrix } from './testing.ts';

/** Norm of the gradient by the logits of each row. */
const pulls = async (
  name: LossName,
  kind: LossKind,
  logits: Matrix,
  targets: Matrix,
  { epsilon = 0, positive, ...options }: LossOptions & { epsilon?: number; positive?: number[] } = {},
): Promise<number[]> => {
  const { gradient } = await runEagerly(
    (x, { t }) =>
      lossOf(name, kind)(x, smoothTargets(t!, epsilon, kind), {
        counted: tf.ones([logits.length]),
        positiveWeights: positive && tf.tensor1d(positive),
        options,
      }),
    logits,
    { t: targets },
  );
  const columns = logits[0]!.length;
  return logits.map((_, row) => Math.hypot(...gradient.slice(row * columns, (row + 1) * columns)));
};

/** A text that is right already, and one that is wrong. */
const easyAndHard: Matrix = [
  [3, -3, -3],
  [-1, 1, -3],
];
const first: Matrix = [
  [1, 0, 0],
  [1, 0, 0],
];

const ratio = ([easy, hard]: number[]): number => easy! / hard!;

describe('what a loss is for', () => {
  it.each(['softmax', 'sigmoid'] as const)(
    'focal: what is right already pulls less than with cross-entropy (%s)',
    async (kind) => {
      const plain = ratio(await pulls('cross-entropy', kind, easyAndHard, first));
      const [soft, strong] = [
        ratio(await pulls('focal', kind, easyAndHard, first, { gamma: 1 })),
        ratio(await pulls('focal', kind, easyAndHard, first, { gamma: 3 })),
      ];
      expect(soft).toBeLessThan(plain / 2);
      expect(strong).toBeLessThan(soft / 2);
    },
  );

  it.each(['softmax', 'sigmoid'] as const)(
    'GHM: of ten equally easy texts each pulls less, and the single harder one more (%s)',
    async (kind) => {
      const columns = kind === 'softmax' ? 2 : 1;
      const texts = [...Array.from({ length: 10 }, () => [6, 0]), [0, 0.5]].map((row) => row.slice(0, columns));
      const targets = texts.map(() => [1, 0].slice(0, columns));
      const plain = await pulls('cross-entropy', kind, texts, targets);
      const harmonized = await pulls('ghm', kind, texts, targets);
      const change = harmonized.map((pull, i) => pull / plain[i]!);
      expect(change[0]).toBeCloseTo(11 / (2 * 10), 5); // texts / (filled bins · texts of the bin)
      expect(change[10]).toBeCloseTo(11 / 2, 5);
    },
  );

  it('asymmetric: an absent label with a probability below the clip pulls nothing, one far above still does', async () => {
    const logits = [[-3.5, 2]]; // probabilities 0.03 and 0.88
    const absent = [[0, 0]];
    const { gradient } = await runEagerly(
      (x, { t }) => lossOf('asymmetric', 'sigmoid')(x, t!, { counted: tf.ones([1]) }),
      logits,
      { t: absent },
    );
    expect(Math.abs(gradient[0]!)).toBe(0);
    expect(gradient[1]).toBeGreaterThan(0.1);
  });

  it('asymmetric: labels that a text has count in full, as in cross-entropy', async () => {
    const [logits, targets] = [[[-2, 1]], [[1, 1]]];
    const [asymmetric] = await pulls('asymmetric', 'sigmoid', logits, targets);
    const [plain] = await pulls('cross-entropy', 'sigmoid', logits, targets);
    expect(asymmetric).toBeCloseTo(plain!, 6);
  });

  it('positive weights: a label that a text has pulls as many times as much', async () => {
    const [logits, targets] = [[[0.5]], [[1]]];
    const [plain] = await pulls('cross-entropy', 'sigmoid', logits, targets);
    const [weighted] = await pulls('cross-entropy', 'sigmoid', logits, targets, { positive: [7] });
    expect(weighted! / plain!).toBeCloseTo(7, 4);
  });

  it('label smoothing: the best logits are those of the smoothed targets', async () => {
    const epsilon = 0.3;
    const softmax = [[Math.log(0.8), Math.log(0.1), Math.log(0.1)]]; // 1 − ε + ε/3 and ε/3
    expect((await pulls('cross-entropy', 'softmax', softmax, [[1, 0, 0]], { epsilon }))[0]).toBeLessThan(1e-6);
    const sigmoid = [[Math.log(0.85 / 0.15), Math.log(0.15 / 0.85)]]; // 1 − ε/2 and ε/2
    expect((await pulls('cross-entropy', 'sigmoid', sigmoid, [[1, 0]], { epsilon }))[0]).toBeLessThan(1e-6);
  });
});
