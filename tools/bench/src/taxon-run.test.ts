import { describe, expect, it } from 'vitest';
import { stageSeconds, summarize } from './taxon-run.ts';

const scores = { n: 10, figures: { accuracy: 0.9, macroF1: 0.8 }, tasks: [] };
const stage = (name: 'read' | 'encoder' | 'tokenize' | 'embed' | 'head' | 'train' | 'evaluate', at: number) =>
  ({ kind: 'stage', stage: name, at }) as const;
const progress = (tokensPerSecond: number, at: number) =>
  ({ kind: 'progress', stage: 'train', done: 1, total: 3, unit: 'steps', tokensPerSecond, at }) as const;
const result = {
  kind: 'result',
  ...{ modelFolder: 'm', runFolder: 'm/run', space: { tasks: [] }, validation: scores, test: scores },
  ...{ seconds: 50, peakMemoryBytes: 5, at: 60 },
} as const;
const events = [
  ...[stage('read', 0.5), stage('encoder', 1), stage('tokenize', 3), stage('embed', 4), stage('head', 10)],
  ...[stage('train', 15), progress(900, 20), progress(2000, 25), progress(2100, 30), stage('evaluate', 45), result],
];

describe('a run of taxon train, from its JSON lines', () => {
  it('counts learning from the first token to the last update', () => {
    const run = summarize(events, { seconds: 61, peakMemoryBytes: 7 }, { seed: 2, epochs: 1 });
    expect(run).toMatchObject({ seed: 2, epochs: 1, accuracy: 0.9, macroF1: 0.8, peakMemoryBytes: 7 });
    expect(run.seconds).toBe(42);
    expect(run.wallSeconds).toBe(61);
    expect(run.tokensPerSecond).toBe(2000);
  });

  it('gives every stage its time, the last one until the end', () => {
    expect(stageSeconds(events, 61)).toMatchObject({ encoder: 2, embed: 6, head: 5, train: 30, evaluate: 16 });
  });

  it('refuses a run that told no result', () => {
    expect(() => summarize(events.slice(0, -1), { seconds: 1, peakMemoryBytes: 1 }, { seed: 0, epochs: 1 })).toThrow(
      'without a result for the test part',
    );
  });
});
