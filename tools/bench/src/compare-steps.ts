import type { Figures } from './benchmark.ts';
import { highestKnown, median } from './statistics.ts';
import { stepOperations, tokensOf, type StepWork } from './step-work.ts';

/** What one process measured. */
export interface StepSample {
  /** Seconds of each step. */
  times: number[];
  peakMemoryBytes: number | undefined;
}

/** The median step of all processes of one side and precision, as rates. */
export interface StepRates extends Figures {
  steps: number;
  milliseconds: number;
  bestMilliseconds: number;
  gigaflops: number;
  /** Of the fastest fp32 matrix products that ONNX Runtime does here in the same shapes; int8 may be above 1. */
  shareOfCeiling: number;
  tokensPerSecond: number;
  peakMemoryBytes: number | undefined;
}

export const poolSamples = (work: StepWork, samples: readonly StepSample[], ceiling: number): StepRates => {
  const times = samples.flatMap((sample) => sample.times);
  const seconds = median(times);
  const gigaflops = stepOperations(work) / seconds / 1e9;
  return {
    steps: times.length,
    milliseconds: seconds * 1000,
    bestMilliseconds: Math.min(...times) * 1000,
    gigaflops,
    shareOfCeiling: gigaflops / ceiling,
    tokensPerSecond: tokensOf(work) / seconds,
    peakMemoryBytes: highestKnown(samples.map(({ peakMemoryBytes }) => peakMemoryBytes)),
  };
};

export type RatesByPrecision = Readonly<Record<string, StepRates>>;

export interface StepRatio extends Figures {
  /** The peer's milliseconds over Taxon's. */
  speed: number;
  /** The peer's peak memory over Taxon's. */
  memory: number | null;
}

export const ratioOf = (taxon: StepRates, peer: StepRates): StepRatio => ({
  speed: peer.milliseconds / taxon.milliseconds,
  memory:
    peer.peakMemoryBytes === undefined || taxon.peakMemoryBytes === undefined
      ? null
      : peer.peakMemoryBytes / taxon.peakMemoryBytes,
});

const mapValues = <From, To>(values: Readonly<Record<string, From>>, to: (value: From) => To): Record<string, To> =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [name, to(value)]));

/** Each of Taxon's precisions against each of the peer's. */
export const compareSteps = (
  taxon: RatesByPrecision,
  peer: RatesByPrecision,
): Record<string, Record<string, StepRatio>> =>
  mapValues(taxon, (ours) => mapValues(peer, (theirs) => ratioOf(ours, theirs)));
