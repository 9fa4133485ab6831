import { describe, expect, it } from 'vitest';
import { compareTraining, summarizePeers, summarizeSettings } from './compare-training.ts';
import type { PeerRun } from './peer-results.ts';
import type { TaxonRun } from './taxon-run.ts';

const run = (epochs: number, seed: number, accuracy: number, seconds: number, validation = accuracy): TaxonRun => ({
  ...{ epochs, seed, accuracy, validationAccuracy: validation, seconds, macroF1: accuracy, wallSeconds: seconds + 10 },
  ...{ tokensPerSecond: 2000, peakMemoryBytes: 100 + seed, stages: { train: seconds } },
});
const peerRun = (
  peer: PeerRun['peer'],
  precision: PeerRun['precision'],
  seconds: number,
  accuracy = 0.96,
): PeerRun => ({
  ...{ peer, precision, seconds, accuracy, validationAccuracy: accuracy, macroF1: 0.96, wallSeconds: seconds + 20 },
  ...{ tokensPerSecond: 1000, peakMemoryBytes: 204, epochs: [{ epoch: 1, seconds, accuracy }] },
});

describe('comparing training runs', () => {
  const settings = summarizeSettings([
    ...[run(1, 0, 0.95, 50), run(1, 1, 0.96, 52)],
    ...[run(2, 0, 0.97, 99), run(2, 1, 0.96, 101)],
  ]);

  it('averages seeds, and takes the highest memory', () => {
    expect(settings).toMatchObject([
      { epochs: 1, seeds: 2, seconds: 51, peakMemoryBytes: 101 },
      { epochs: 2, seeds: 2, seconds: 100, accuracy: 0.965, validationAccuracy: 0.965 },
    ]);
    const peers = [
      peerRun('recipe', 'bf16', 80),
      peerRun('trainer', 'bf16', 400),
      peerRun('recipe', 'bf16', 100, 0.94),
    ];
    expect(summarizePeers(peers)).toMatchObject([
      { peer: 'recipe', precision: 'bf16', seeds: 2, seconds: 90, accuracy: 0.95 },
      { peer: 'trainer', precision: 'bf16', seeds: 1, seconds: 400 },
    ]);
  });

  it('takes the quickest setting that reaches the accuracy, for each peer and against its fastest precision', () => {
    const peers = summarizePeers([
      ...[peerRun('trainer', 'fp32', 600), peerRun('trainer', 'bf16', 400), peerRun('recipe', 'bf16', 102, 0.955)],
    ]);
    expect(compareTraining(settings, peers)).toMatchObject({
      trainer: {
        fp32: { chosenOnValidation: { epochs: 2, speed: 6 }, chosenOnTest: { epochs: 2, speed: 6 } },
        best: { against: 'bf16', chosenOnTest: { speed: 4 }, tokensPerSecond: 2, memory: 204 / 101 },
      },
      recipe: { bf16: { chosenOnValidation: { epochs: 1, speed: 2, wallSpeed: 2 } } },
    });
  });

  it('tells settings of a peer apart that ran for several numbers of epochs', () => {
    const short = { ...peerRun('recipe', 'bf16', 51), epochs: [{ epoch: 0.5, seconds: 51, accuracy: 0.96 }] };
    const { recipe } = compareTraining(settings, summarizePeers([peerRun('recipe', 'bf16', 102), short]));
    expect(recipe).toMatchObject({
      'bf16, 1 epoch': { chosenOnTest: { speed: 1.02 } },
      'bf16, 0.5 epochs': { chosenOnTest: { speed: 0.51 } },
      best: { against: 'bf16, 0.5 epochs' },
    });
  });

  it('chooses on the validation part without a look at the test part', () => {
    const lucky = summarizeSettings([run(1, 0, 0.97, 50, 0.95), run(2, 0, 0.955, 100, 0.97)]);
    const { trainer } = compareTraining(lucky, summarizePeers([peerRun('trainer', 'bf16', 400)]));
    expect(trainer!.bf16).toMatchObject({
      chosenOnValidation: { epochs: 2, speed: 4, accuracyGain: expect.closeTo(-0.005, 9) },
      chosenOnTest: { epochs: 1, speed: 8, accuracyGain: expect.closeTo(0.01, 9) },
      bestAccuracyGain: expect.closeTo(-0.005, 9),
    });
  });

  it('claims no time where the accuracy is missed, or where the peer tells no validation score', () => {
    const none = { epochs: null, speed: null, wallSpeed: null, accuracyGain: null };
    const missed = compareTraining(settings.slice(0, 1), summarizePeers([peerRun('trainer', 'bf16', 400)]));
    expect(missed.trainer!.bf16).toMatchObject({ chosenOnValidation: none, chosenOnTest: none, tokensPerSecond: 2 });
    const old = { ...peerRun('trainer', 'bf16', 400), validationAccuracy: undefined };
    expect(compareTraining(settings, summarizePeers([old])).trainer!.bf16).toMatchObject({
      chosenOnValidation: none,
      chosenOnTest: { epochs: 2 },
    });
  });
});
