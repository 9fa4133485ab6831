import { useWasmBackend } from '@taxon/compute';
import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Loss, LossContext, LossKind, LossOptions } from './loss.ts';
import { lossNames, lossOf, losses, type LossName } from './loss-table.ts';
import {
  agree,
  column,
  drawTexts,
  expectFinite,
  runEagerly,
  type Drawn,
  type Matrix,
  type Reference,
  type TensorLoss,
} from './testing.ts';

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));
const softplus = (x: number): number => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
const total = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0);

const logSoftmax = (x: readonly number[]): number[] => {
  const most = Math.max(...x);
  const log = most + Math.log(total(x.map((value) => Math.exp(value - most))));
  return x.map((value) => value - log);
};

interface Row {
  x: readonly number[];
  t: readonly number[];
  /** The whole batch at the frozen logits, for GHM. */
  frozen: Matrix;
  row: number;
  drawn: Drawn;
}

/** What each label adds to the loss of a row. */
type Terms = (row: Row, options: Required<LossOptions>) => number[];

const defaults: Required<LossOptions> = {
  gamma: 2,
  gammaPositive: 0,
  gammaNegative: 4,
  clip: 0.05,
  bins: 10,
  reduction: 'mean',
};

const share = (norms: number[], counted: boolean[], bins: number): number[] => {
  const bin = norms.map((norm) => Math.min(bins - 1, Math.floor(norm * bins)));
  const inBin = (b: number): number => bin.filter((other, i) => other === b && counted[i]!).length;
  const filled = Array.from({ length: bins }, (_, b) => inBin(b)).filter((count) => count > 0).length;
  return bin.map((b) => counted.filter(Boolean).length / (Math.max(1, filled) * Math.max(1, inBin(b))));
};

const softmaxNorm = (x: readonly number[], t: readonly number[]): number =>
  total(logSoftmax(x).map((logP, c) => Math.abs(Math.exp(logP) - t[c]!))) / 2;

const sigmoidNorms = (frozen: Matrix, targets: Matrix): number[] =>
  frozen.flatMap((x, row) => x.map((value, c) => Math.abs(sigmoid(value) - targets[row]![c]!)));

const references: Record<LossName, Partial<Record<LossKind, Terms>>> = {
  'cross-entropy': {
    softmax: ({ x, t }) => logSoftmax(x).map((logP, c) => -t[c]! * logP),
    sigmoid: ({ x, t }) => x.map((value, c) => t[c]! * softplus(-value) + (1 - t[c]!) * softplus(value)),
  },
  focal: {
    softmax: ({ x, t }, { gamma }) => logSoftmax(x).map((logP, c) => -t[c]! * logP * (-Math.expm1(logP)) ** gamma),
    sigmoid: ({ x, t }, { gamma }) =>
      x.map(
        (value, c) =>
          t[c]! * softplus(-value) * sigmoid(-value) ** gamma + (1 - t[c]!) * softplus(value) * sigmoid(value) ** gamma,
      ),
  },
  ghm: {
    softmax: (row, { bins }) => {
      const { frozen, drawn } = row;
      const norms = frozen.map((x, i) => softmaxNorm(x, drawn.targets[i]!));
      const weights = share(norms, drawn.counted.map(Boolean), bins);
      return references['cross-entropy'].softmax!(row, defaults).map((term) => term * weights[row.row]!);
    },
    sigmoid: (row, { bins }) => {
      const { frozen, drawn, x } = row;
      const counted = drawn.counted.flatMap((one) => x.map(() => one === 1));
      const weights = share(sigmoidNorms(frozen, drawn.targets), counted, bins);
      return references['cross-entropy'].sigmoid!(row, defaults).map(
        (term, c) => term * weights[row.row * x.length + c]!,
      );
    },
  },
  asymmetric: {
    sigmoid: ({ x, t }, { gammaPositive, gammaNegative, clip }) =>
      x.map((value, c) => {
        const q = Math.max(sigmoid(value) - clip, 0);
        const absent = clip > 0 ? -Math.log(1 - q) : softplus(value);
        return t[c]! * softplus(-value) * sigmoid(-value) ** gammaPositive + (1 - t[c]!) * absent * q ** gammaNegative;
      }),
  },
};

const referenceOf =
  (terms: Terms, kind: LossKind, drawn: Drawn, options: LossOptions, weights?: readonly number[]): Reference =>
  (x, frozen) =>
    x.map((row, i) => {
      const values = terms({ x: row, t: drawn.targets[i]!, frozen, row: i, drawn }, { ...defaults, ...options });
      const sum = total(values.map((value, c) => value * (weights?.[c] ?? 1))) * drawn.counted[i]!;
      return kind === 'sigmoid' && options.reduction !== 'sum' ? sum / row.length : sum;
    });

/** Like the table's losses, with everything in matrices. */
const tensorLoss =
  (loss: Loss, context: Omit<LossContext, 'counted'>): TensorLoss =>
  (x, { targets, counted }) =>
    loss(x, targets!, { ...context, counted: tf.reshape(counted!, [-1]) });

const dataOf = ({ targets, counted }: Drawn): Record<string, Matrix> => ({ targets, counted: column(counted) });

/** Skips what a derivative jumps at: where asymmetric loss starts to cost, and norms that floats could put into another bin. */
const requireSmooth = (name: LossName, kind: LossKind, { logits, targets }: Drawn, options: LossOptions): void => {
  const { clip, bins } = { ...defaults, ...options };
  if (name === 'asymmetric') fc.pre(logits.flat().every((x) => Math.abs(sigmoid(x) - clip) > 1e-3));
  if (name !== 'ghm') return;
  const norms = kind === 'sigmoid' ? sigmoidNorms(logits, targets) : logits.map((x, i) => softmaxNorm(x, targets[i]!));
  const isNearEdge = (norm: number): boolean =>
    norm > 0.01 && norm < 0.99 && Math.abs(norm * bins - Math.round(norm * bins)) < 1e-4;
  fc.pre(!norms.some(isNearEdge));
};

const rows = lossNames.flatMap((name) => (Object.keys(losses[name]) as LossKind[]).map((kind) => ({ name, kind })));

const optionsOf: Record<LossName, LossOptions[]> = {
  'cross-entropy': [{}, { reduction: 'sum' }],
  focal: [{}, { gamma: 0 }, { gamma: 0.5 }, { gamma: 3 }],
  ghm: [{}, { bins: 3 }],
  asymmetric: [
    {},
    { clip: 0 },
    { gammaPositive: 1, gammaNegative: 0 },
    { gammaPositive: 0.5, gammaNegative: 0.5, clip: 0.2 },
  ],
};

const cases = rows.flatMap(({ name, kind }) =>
  optionsOf[name].map((options) => ({ name, kind, options, title: JSON.stringify(options) })),
);

describe.each(cases)('$name of $kind, $title', ({ name, kind, options }) => {
  const terms = references[name][kind]!;
  const loss = lossOf(name, kind);

  it('equals double precision, and its gradient central differences', () =>
    fc.assert(
      fc.asyncProperty(drawTexts(kind), async (drawn) => {
        requireSmooth(name, kind, drawn, options);
        const reference = referenceOf(terms, kind, drawn, options);
        await agree(tensorLoss(loss, { options }), reference, drawn.logits, dataOf(drawn));
      }),
      { numRuns: 8 },
    ));

  it('is finite at logits of ±1e4, and 0 in rows that do not count', async () => {
    const logits = [
      [1e4, -1e4, 1e4],
      [-1e4, -1e4, 1e4],
      [1e4, 1e4, 1e4],
      [0, 0, 0],
      [1e4, -1e4, 0],
    ];
    const targets = [
      [1, 0, 0],
      [1, 0, 0],
      [0, 1, 0],
      [0, 0, 0],
      [0, 1, 0],
    ];
    const data = { targets, counted: column([1, 1, 1, 1, 0]) };
    await expectFinite(tensorLoss(loss, { options }), logits, data);
    const { losses: values, gradient } = await runEagerly(tensorLoss(loss, { options }), logits, data);
    expect(values[4]).toBeCloseTo(0, 30);
    expect(gradient.slice(12).map(Math.abs)).toEqual([0, 0, 0]);
  });
});

describe.each(rows)('weights of $name of $kind', ({ name, kind }) => {
  it('multiply the loss of their class', () =>
    fc.assert(
      fc.asyncProperty(drawTexts(kind, 3), async (drawn) => {
        requireSmooth(name, kind, drawn, {});
        const weights = drawn.logits[0]!.map((_, c) => 0.5 + c);
        const fn: TensorLoss = (x, data) =>
          tensorLoss(lossOf(name, kind), { classWeights: tf.tensor1d(weights) })(x, data);
        await agree(fn, referenceOf(references[name][kind]!, kind, drawn, {}, weights), drawn.logits, dataOf(drawn));
      }),
      { numRuns: 4 },
    ));
});

describe.each(rows)('$name of $kind on the wasm backend', ({ name, kind }) => {
  it('has the same gradient', async () => {
    const logits = [
      [1, 2, -1],
      [0, 0.3, 2],
    ];
    const targets = [
      [0, 1, 0],
      [1, 0, 0],
    ];
    const gradient = (): number[] =>
      tf.tidy(() => {
        const context = { counted: tf.ones<tf.Rank.R1>([2]) };
        const loss = (x: tf.Tensor): tf.Scalar =>
          tf.sum(lossOf(name, kind)(x as tf.Tensor2D, tf.tensor2d(targets), context));
        return [...tf.grad(loss)(tf.tensor2d(logits)).dataSync()];
      });
    await tf.setBackend('cpu');
    const expected = gradient();
    await useWasmBackend();
    expect(tf.getBackend()).toBe('wasm');
    gradient().forEach((slope, i) => expect(slope).toBeCloseTo(expected[i]!, 5));
  });
});
