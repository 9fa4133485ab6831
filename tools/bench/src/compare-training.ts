import type { Figures } from './benchmark.ts';
import type { PeerRun } from './peer-results.ts';
import type { TaxonRun } from './taxon-run.ts';

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

const meanOfKnown = (values: readonly (number | undefined)[]): number | undefined => {
  const known = values.filter((value) => value !== undefined);
  return known.length === 0 ? undefined : mean(known);
};

/** Runs that differ in their seed alone, as means; memory is the highest. */
export interface TaxonSetting {
  epochs: number;
  seeds: number;
  accuracy: number;
  accuracies: number[];
  macroF1: number;
  seconds: number;
  wallSeconds: number;
  tokensPerSecond: number | undefined;
  peakMemoryBytes: number | undefined;
  stages: Record<string, number>;
}

/** One setting a number of epochs, in the order in which they ran. */
export const summarizeSettings = (runs: readonly TaxonRun[]): (TaxonSetting & Figures)[] =>
  [...new Set(runs.map(({ epochs }) => epochs))].map((epochs) => {
    const same = runs.filter((run) => run.epochs === epochs);
    const memory = same.map(({ peakMemoryBytes }) => peakMemoryBytes).filter((bytes) => bytes !== undefined);
    const stages = [...new Set(same.flatMap((run) => Object.keys(run.stages)))] as (keyof TaxonRun['stages'])[];
    return {
      epochs,
      seeds: same.length,
      accuracy: mean(same.map(({ accuracy }) => accuracy)),
      accuracies: same.map(({ accuracy }) => accuracy),
      macroF1: mean(same.map(({ macroF1 }) => macroF1)),
      seconds: mean(same.map(({ seconds }) => seconds)),
      wallSeconds: mean(same.map(({ wallSeconds }) => wallSeconds)),
      tokensPerSecond: meanOfKnown(same.map(({ tokensPerSecond }) => tokensPerSecond)),
      peakMemoryBytes: memory.length === 0 ? undefined : Math.max(...memory),
      stages: Object.fromEntries(stages.map((stage) => [stage, mean(same.map((run) => run.stages[stage] ?? 0))])),
    };
  });

/** The quickest setting whose mean accuracy is at least that of the peer at its end. */
const quickestAt = (accuracy: number, settings: readonly TaxonSetting[]): TaxonSetting | undefined =>
  [...settings].sort((a, b) => a.seconds - b.seconds).find((setting) => setting.accuracy >= accuracy);

const over = (peer: number, taxon: number | undefined): number | null => (taxon === undefined ? null : peer / taxon);

/**
 * For each precision of the peer: its pure training time over the time that Taxon's quickest setting of at least its
 * final accuracy takes (null where none gets there), tokens a second and memory likewise, and the gain in accuracy of
 * Taxon's best setting. Above 1 Taxon is better. `best` is against the peer's fastest precision.
 */
export const compareTraining = (settings: readonly TaxonSetting[], peers: readonly PeerRun[]): Figures => {
  const bestAccuracy = Math.max(...settings.map(({ accuracy }) => accuracy));
  const against = (peer: PeerRun): Figures => {
    const reached = quickestAt(peer.accuracy, settings);
    // Rates and memory are worth telling even where the accuracy is missed.
    const shown = reached ?? settings[0];
    return {
      epochsNeeded: reached?.epochs ?? null,
      timeToPeerAccuracy: reached === undefined ? null : peer.seconds / reached.seconds,
      wallTime: reached === undefined ? null : peer.wallSeconds / reached.wallSeconds,
      tokensPerSecond: shown?.tokensPerSecond === undefined ? null : shown.tokensPerSecond / peer.tokensPerSecond,
      memory: over(peer.peakMemoryBytes, shown?.peakMemoryBytes),
      accuracyGain: bestAccuracy - peer.accuracy,
    };
  };
  const fastest = [...peers].sort((a, b) => a.seconds - b.seconds)[0];
  return {
    ...Object.fromEntries(peers.map((peer) => [peer.precision, against(peer)])),
    ...(fastest === undefined ? {} : { best: { precision: fastest.precision, ...against(fastest) } }),
  };
};
