import { sigmoid } from '@taxon/probability';

/** The same cut in two scales: `probability` is the sigmoid of `logit`. A label is given where its score is not below it. */
export interface Threshold {
  logit: number;
  probability: number;
}

export const toThreshold = (logit: number): Threshold => ({ logit, probability: sigmoid(logit) });

/** Halfway between neighbouring scores, so that texts a little off fall on the same side. */
export const between = (above: number, below: number | undefined): number => {
  const middle = below === undefined ? above : (above + below) / 2;
  return Number.isFinite(middle) ? middle : above;
};

/** Thresholds to show, falling: half of them evenly spaced as logits, half as probabilities, and 0. */
export const shownThresholds = (highest: number, lowest: number, points: number): number[] => {
  const [top, bottom] = [Math.min(Math.max(highest, 0), 16), Math.max(Math.min(lowest, 0), -16)]; // σ(±16) is 1e-7 from its end
  const half = Math.max(2, Math.ceil(points / 2));
  const [topShare, bottomShare] = [sigmoid(top), sigmoid(bottom)];
  const shown = new Set<number>([0]);
  for (let i = 0; i < half; i++) {
    const share = topShare + ((bottomShare - topShare) * i) / (half - 1);
    shown.add(top + ((bottom - top) * i) / (half - 1)).add(Math.log(share / (1 - share)));
  }
  return [...shown].filter((logit) => Number.isFinite(logit)).sort((a, b) => b - a);
};
