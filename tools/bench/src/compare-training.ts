import type { Figures } from './benchmark.ts';
import type { PeerName, PeerRun } from './peer-results.ts';
import { highestKnown, mean, meanOfKnown } from './statistics.ts';
import type { TaxonRun } from './taxon-run.ts';

/** Runs that differ in their seed alone, as means; memory is the highest. */
interface Setting extends Figures {
  seeds: number;
  /** On the validation part; undefined where a run does not tell it. */
  validationAccuracy: number | undefined;
  /** On the test part. */
  accuracy: number;
  accuracies: number[];
  macroF1: number;
  seconds: number;
  wallSeconds: number;
  tokensPerSecond: number | undefined;
  peakMemoryBytes: number | undefined;
}

export interface TaxonSetting extends Setting {
  epochs: number;
  stages: Record<string, number>;
}

export interface PeerSetting extends Setting {
  peer: PeerName;
  precision: string;
  epochs: number;
}

const average = (runs: readonly (TaxonRun | PeerRun)[]): Setting => {
  const validation = runs.map((run) => run.validationAccuracy).filter((value) => value !== undefined);
  return {
    seeds: runs.length,
    validationAccuracy: validation.length === runs.length ? mean(validation) : undefined,
    accuracy: mean(runs.map(({ accuracy }) => accuracy)),
    accuracies: runs.map(({ accuracy }) => accuracy),
    macroF1: mean(runs.map(({ macroF1 }) => macroF1)),
    seconds: mean(runs.map(({ seconds }) => seconds)),
    wallSeconds: mean(runs.map(({ wallSeconds }) => wallSeconds)),
    tokensPerSecond: meanOfKnown(runs.map(({ tokensPerSecond }) => tokensPerSecond)),
    peakMemoryBytes: highestKnown(runs.map(({ peakMemoryBytes }) => peakMemoryBytes)),
  };
};

/** One setting a number of epochs, in the order in which they ran. */
export const summarizeSettings = (runs: readonly TaxonRun[]): TaxonSetting[] =>
  [...new Set(runs.map(({ epochs }) => epochs))].map((epochs) => {
    const same = runs.filter((run) => run.epochs === epochs);
    const stages = [...new Set(same.flatMap((run) => Object.keys(run.stages)))] as (keyof TaxonRun['stages'])[];
    return {
      epochs,
      ...average(same),
      stages: Object.fromEntries(stages.map((stage) => [stage, mean(same.map((run) => run.stages[stage] ?? 0))])),
    };
  });

const kindOf = ({ peer, precision, epochs }: PeerRun): Pick<PeerSetting, 'peer' | 'precision' | 'epochs'> => ({
  ...{ peer, precision, epochs: epochs.at(-1)!.epoch },
});

/** One setting a peer, precision and number of epochs, in the order in which they ran. */
export const summarizePeers = (runs: readonly PeerRun[]): PeerSetting[] => {
  const key = (run: PeerRun): string => JSON.stringify(kindOf(run));
  return [...new Set(runs.map(key))].map((one) => {
    const same = runs.filter((run) => key(run) === one);
    return { ...kindOf(same[0]!), ...average(same) };
  });
};

export const epochsLabel = (epochs: number): string => `${epochs} ${epochs === 1 ? 'epoch' : 'epochs'}`;

/** A peer's setting by its precision, and by its epochs where it ran for several. */
export const peerLabel = (setting: PeerSetting, all: readonly PeerSetting[]): string => {
  const { peer, precision, epochs } = setting;
  const several = all.some((other) => other.peer === peer && other.epochs !== epochs);
  return several ? `${precision}, ${epochsLabel(epochs)}` : precision;
};

/** How Taxon does with one of its settings against one of a peer's. Above 1 Taxon is better; null where it is not known. */
export interface Standing extends Figures {
  /** Taxon's setting; null where none reaches the peer, and then so are the times. */
  epochs: number | null;
  /** The peer's seconds over Taxon's. */
  speed: number | null;
  /** The same for the whole commands. */
  wallSpeed: number | null;
  /** Points of test accuracy, 0..1, that Taxon is ahead. */
  accuracyGain: number | null;
}

type Score = 'validationAccuracy' | 'accuracy';

/** Taxon's quickest setting whose mean score is at least the peer's mean. */
const quickestThatReaches = (
  peer: PeerSetting,
  settings: readonly TaxonSetting[],
  score: Score,
): TaxonSetting | undefined => {
  const bar = peer[score];
  if (bar === undefined) return undefined;
  return [...settings].sort((a, b) => a.seconds - b.seconds).find((setting) => (setting[score] ?? -1) >= bar);
};

const standing = (peer: PeerSetting, chosen: TaxonSetting | undefined): Standing => ({
  epochs: chosen?.epochs ?? null,
  speed: chosen === undefined ? null : peer.seconds / chosen.seconds,
  wallSpeed: chosen === undefined ? null : peer.wallSeconds / chosen.wallSeconds,
  accuracyGain: chosen === undefined ? null : chosen.accuracy - peer.accuracy,
});

export interface TrainingComparison extends Figures {
  /** The quickest setting that reaches the peer on the validation part: chosen without a look at the test part. */
  chosenOnValidation: Standing;
  /** The quickest setting that reaches the peer on the test part: the time to its accuracy, chosen with hindsight. */
  chosenOnTest: Standing;
  tokensPerSecond: number | null;
  memory: number | null;
  /** Points of test accuracy by which Taxon's best setting (by the validation part where that is known) is ahead. */
  bestAccuracyGain: number;
}

const over = (numerator: number | undefined, denominator: number | undefined): number | null =>
  numerator === undefined || denominator === undefined ? null : numerator / denominator;

const compareWith = (peer: PeerSetting, settings: readonly TaxonSetting[]): TrainingComparison => {
  const [onValidation, onTest] = (['validationAccuracy', 'accuracy'] as const).map((score) =>
    quickestThatReaches(peer, settings, score),
  );
  // Rates and memory are worth telling even where the accuracy is missed.
  const shown = onValidation ?? onTest ?? settings[0];
  const byScore = (setting: TaxonSetting): number => setting.validationAccuracy ?? setting.accuracy;
  const best = [...settings].sort((a, b) => byScore(b) - byScore(a))[0];
  return {
    chosenOnValidation: standing(peer, onValidation),
    chosenOnTest: standing(peer, onTest),
    tokensPerSecond: over(shown?.tokensPerSecond, peer.tokensPerSecond),
    memory: over(peer.peakMemoryBytes, shown?.peakMemoryBytes),
    bestAccuracyGain: (best?.accuracy ?? NaN) - peer.accuracy,
  };
};

/** By peer and setting; `best` is against the fastest setting of each peer. */
export const compareTraining = (
  settings: readonly TaxonSetting[],
  peers: readonly PeerSetting[],
): Record<string, Record<string, TrainingComparison & { against: string }>> =>
  Object.fromEntries(
    [...new Set(peers.map(({ peer }) => peer))].map((name) => {
      const own = peers.filter(({ peer }) => peer === name);
      const compare = (peer: PeerSetting) => ({ against: peerLabel(peer, own), ...compareWith(peer, settings) });
      const fastest = [...own].sort((a, b) => a.seconds - b.seconds)[0]!;
      const compared = own.map((peer) => [peerLabel(peer, own), compare(peer)]);
      return [name, { ...Object.fromEntries(compared), best: compare(fastest) }];
    }),
  );
