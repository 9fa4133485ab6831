import { mcnemarWorse } from './paired-tests.ts';
import type { LabelChange } from './paired-text.ts';

export interface LabelOptions {
  /** Recall that a label may lose, 0..1. @default 0.1 */
  maxFall?: number;
  /** Texts that a label needs before its fall counts. @default 20 */
  leastSupport?: number;
  /** Chance that a candidate as good as the serving version is refused for any label. @default 0.05 */
  alpha?: number;
}

/** Smallest p-values first; the next larger limit applies to each (Holm, Scandinavian Journal of Statistics 6, 1979). */
const rejectedByHolm = (ps: readonly number[], alpha: number): boolean[] => {
  const order = Array.from(ps.keys()).sort((a, b) => ps[a]! - ps[b]!);
  const passed = order.findIndex((i, rank) => ps[i]! > alpha / (ps.length - rank));
  const rejected = new Set(passed < 0 ? order : order.slice(0, passed));
  return ps.map((_, i) => rejected.has(i));
};

/** Labels with enough texts, the one that falls most first. */
export const supportedLabels = (changes: readonly LabelChange[], { leastSupport = 20 }: LabelOptions): LabelChange[] =>
  changes.filter(({ support }) => support >= leastSupport).sort((a, b) => b.fall - a.fall);

/**
 * Labels whose recall falls by more than it may, and more than chance explains: each by McNemar's test, together corrected by Holm, so
 * that one noisy label of many refuses nobody.
 */
export const fallenLabels = (changes: readonly LabelChange[], options: LabelOptions = {}): LabelChange[] => {
  const { maxFall = 0.1, alpha = 0.05 } = options;
  const supported = supportedLabels(changes, options);
  const rejected = rejectedByHolm(supported.map(mcnemarWorse), alpha);
  return supported.filter(({ fall }, i) => rejected[i]! && fall > maxFall);
};
