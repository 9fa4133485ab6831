import type { Figures } from './benchmark.ts';
import { highestKnown, mean, meanOfKnown, standardError } from './statistics.ts';
import { formatTable, mebibytes, percent } from './table.ts';
import type { TaxonRun } from './taxon-run.ts';

/** A run of one variant. */
export interface VariantRun {
  dataset: string;
  variant: string;
  run: TaxonRun;
}

/** One variant on one data set: means over the seeds, memory the highest. Scores are shares, 0..1. */
export interface VariantSummary extends Figures {
  dataset: string;
  variant: string;
  seeds: number;
  validationAccuracy: number | undefined;
  accuracy: number;
  accuracies: number[];
  macroF1: number;
  /** Against the first variant with the same seeds: mean difference in test accuracy, and the standard error of that mean. */
  gain: number;
  gainError: number | undefined;
  validationGain: number | undefined;
  /** From the first text tokenized to the last update. */
  seconds: number;
  /** Seconds of the first variant over this one's. */
  speed: number;
  stages: Record<string, number>;
  tokensPerSecond: number | undefined;
  peakMemoryBytes: number | undefined;
}

/** Differences to the first variant, seed by seed: what a seed does to both of them falls out. */
const pairedGains = (
  own: readonly TaxonRun[],
  first: readonly TaxonRun[],
  score: (run: TaxonRun) => number | undefined,
): number[] =>
  own.flatMap((run) => {
    const other = first.find(({ seed }) => seed === run.seed);
    const [a, b] = [score(run), other && score(other)];
    return a === undefined || b === undefined ? [] : [a - b];
  });

const summarize = (
  dataset: string,
  variant: string,
  own: readonly TaxonRun[],
  first: readonly TaxonRun[],
): VariantSummary => {
  const gains = pairedGains(own, first, (run) => run.accuracy);
  const validationGains = pairedGains(own, first, (run) => run.validationAccuracy);
  const stages = [...new Set(own.flatMap((run) => Object.keys(run.stages)))] as (keyof TaxonRun['stages'])[];
  const seconds = mean(own.map((run) => run.seconds));
  return {
    ...{ dataset, variant, seeds: own.length },
    validationAccuracy: meanOfKnown(own.map((run) => run.validationAccuracy)),
    accuracy: mean(own.map((run) => run.accuracy)),
    accuracies: own.map((run) => run.accuracy),
    macroF1: mean(own.map((run) => run.macroF1)),
    gain: gains.length === 0 ? NaN : mean(gains),
    gainError: standardError(gains),
    validationGain: validationGains.length === 0 ? undefined : mean(validationGains),
    seconds,
    speed: first.length === 0 ? NaN : mean(first.map((run) => run.seconds)) / seconds,
    stages: Object.fromEntries(stages.map((stage) => [stage, mean(own.map((run) => run.stages[stage] ?? 0))])),
    tokensPerSecond: meanOfKnown(own.map((run) => run.tokensPerSecond)),
    peakMemoryBytes: highestKnown(own.map((run) => run.peakMemoryBytes)),
  };
};

/** One summary a data set and variant, in the order in which they first ran; variants are compared with `first`. */
export const summarizeVariants = (runs: readonly VariantRun[], first: string): VariantSummary[] => {
  const of = (dataset: string, variant: string): TaxonRun[] =>
    runs.filter((one) => one.dataset === dataset && one.variant === variant).map(({ run }) => run);
  const pairs = new Map(runs.map(({ dataset, variant }) => [`${dataset}\n${variant}`, { dataset, variant }]));
  return [...pairs.values()].map(({ dataset, variant }) =>
    summarize(dataset, variant, of(dataset, variant), of(dataset, first)),
  );
};

const points = (share: number | undefined): string => {
  if (share === undefined || Number.isNaN(share)) return '–';
  return `${share < 0 ? '−' : '+'}${Math.abs(100 * share).toFixed(2)}`;
};

const stageColumns = ['embed', 'head', 'train'] as const;

/** A Markdown table of one data set. */
export const formatVariants = (summaries: readonly VariantSummary[]): string =>
  formatTable(
    [
      ...['variant', 'validation', 'test', 'test, points', '±', 'macro F1', 'seconds', 'speed'],
      ...stageColumns.map((stage) => `${stage} s`),
      ...['tokens/s', 'memory'],
    ],
    summaries.map((one) => [
      ...[one.variant, percent(one.validationAccuracy), percent(one.accuracy), points(one.gain)],
      one.gainError === undefined ? '–' : (100 * one.gainError).toFixed(2),
      ...[percent(one.macroF1), one.seconds.toFixed(1), one.speed.toFixed(2)],
      ...stageColumns.map((stage) => one.stages[stage]?.toFixed(1) ?? '–'),
      one.tokensPerSecond?.toFixed(0) ?? '–',
      mebibytes(one.peakMemoryBytes),
    ]),
  );
