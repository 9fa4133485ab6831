import { createRandom, shuffle } from '@taxon/data';

export interface BalanceOptions {
  /**
   * How many texts of a class with n of them an epoch holds: n; that of the largest class (`oversample`), of the smallest
   * (`undersample`), or a share of the same total in proportion to √n (`square-root`).
   */
  strategy: 'none' | 'oversample' | 'undersample' | 'square-root';
  /** No class has more texts an epoch. @default any number */
  most?: number;
  /** No class has fewer, repeated if need be. @default 0 */
  least?: number;
  /** [classes] the coarse class of each: the strategy then balances the classes of one coarse class among themselves. */
  coarseOf?: ArrayLike<number>;
}

type Strategy = (count: number, counts: readonly number[]) => number;

const total = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0);

const strategies: Record<BalanceOptions['strategy'], Strategy> = {
  none: (count) => count,
  oversample: (_, counts) => Math.max(...counts),
  undersample: (_, counts) => Math.min(...counts),
  'square-root': (count, counts) =>
    Math.max(1, Math.round((total([...counts]) * Math.sqrt(count)) / total(counts.map(Math.sqrt)))),
};

/** The rarest label of each text, −1 for a text without one: what balances texts with several labels. */
export const rarestLabels = (labels: readonly (readonly number[])[]): Int32Array => {
  const counts = new Map<number, number>();
  for (const label of labels.flat()) counts.set(label, (counts.get(label) ?? 0) + 1);
  const rarer = (a: number, b: number): number =>
    counts.get(b)! < counts.get(a)! || (counts.get(b) === counts.get(a) && b < a) ? b : a;
  return Int32Array.from(labels, (of) => (of.length === 0 ? -1 : of.reduce(rarer)));
};

/** Texts of each class; texts without one (−1) are a class of their own. */
const textsByClass = (classOf: Int32Array): Map<number, number[]> => {
  const texts = new Map<number, number[]>();
  classOf.forEach((label, text) => {
    const of = texts.get(label);
    if (of === undefined) texts.set(label, [text]);
    else of.push(text);
  });
  return new Map([...texts].sort(([a], [b]) => a - b));
};

/** Texts an epoch of each class. */
const targetCounts = (
  texts: ReadonlyMap<number, readonly number[]>,
  { strategy, most = Infinity, least = 0, coarseOf }: BalanceOptions,
): Map<number, number> => {
  const coarse = (label: number): number => (coarseOf === undefined ? 0 : (coarseOf[label] ?? -1));
  const counts = new Map<number, number[]>(); // of the classes of each coarse class
  for (const [label, of] of texts) counts.set(coarse(label), [...(counts.get(coarse(label)) ?? []), of.length]);
  return new Map(
    Array.from(texts, ([label, of]) => {
      const target = strategies[strategy](of.length, counts.get(coarse(label))!);
      return [label, Math.max(least, Math.min(most, target))];
    }),
  );
};

/**
 * `count` texts of a class for an epoch: all of them as often as they fit, and of the rest a part that moves on through a shuffled
 * order from epoch to epoch, so that ⌈texts / rest⌉ epochs show every text.
 */
const draw = (texts: readonly number[], count: number, epoch: number, seed: number): number[] => {
  const whole = Array.from({ length: Math.floor(count / texts.length) }, () => texts).flat();
  const rest = count % texts.length;
  if (rest === 0) return whole;
  const parts = Math.ceil(texts.length / rest);
  const order = shuffle([...texts], createRandom(seed + 7919 * Math.floor(epoch / parts))); // a prime: rounds share no order
  const begin = Math.min((epoch % parts) * rest, texts.length - rest); // the last part reaches back to be as large
  return [...whole, ...order.slice(begin, begin + rest)];
};

/**
 * The texts of one epoch: a pure function of its arguments, so that a run can resume.
 * @param epoch 0-based
 * @param classOf class of each text, −1 for none; or its labels, of which the rarest decides
 * @returns text indices in ascending order, some of them several times where a class is oversampled
 */
export const balancedEpoch = (
  epoch: number,
  seed: number,
  classOf: Int32Array | readonly (readonly number[])[],
  options: BalanceOptions,
): Int32Array => {
  const texts = textsByClass(classOf instanceof Int32Array ? classOf : rarestLabels(classOf));
  const targets = targetCounts(texts, options);
  const drawn = Array.from(texts, ([label, of]) => draw(of, targets.get(label)!, epoch, seed * 65_537 + label + 1));
  return Int32Array.from(drawn.flat()).sort();
};
