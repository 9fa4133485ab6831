import { join } from 'node:path';
import type { Figures } from './benchmark.ts';
import type { TrainingEvent, TrainingResult, TrainingStage } from '@taxon/training';
import { TaxonError } from '@taxon/errors';
import { parseJsonLine, runChild, type ChildResult } from './run-child.ts';
import { median } from './statistics.ts';

/** What one `taxon train --json` cost and brought. */
export interface TaxonRun extends Figures {
  seed: number;
  epochs: number;
  /** On the validation part, 0..1: what settings are chosen by. */
  validationAccuracy: number | undefined;
  /** On the test part, 0..1. */
  accuracy: number;
  macroF1: number;
  /** From the first text tokenized to the last update: all that learning takes, the head's solution included. */
  seconds: number;
  /** The whole command: reading, the encoder, learning, evaluating, writing model and report. */
  wallSeconds: number;
  /** Real tokens a second while training, median. */
  tokensPerSecond: number | undefined;
  /** Of the command and its job together. */
  peakMemoryBytes: number | undefined;
  stages: Partial<Record<TrainingStage, number>>;
}

type TimedEvent = (TrainingEvent | ({ kind: 'result' } & TrainingResult)) & { at: number };

const learningStages: readonly TrainingStage[] = ['tokenize', 'embed', 'head', 'train'];

/** Seconds of each stage; the last one ends with the run. */
export const stageSeconds = (events: readonly TimedEvent[], end: number): TaxonRun['stages'] => {
  const seconds: TaxonRun['stages'] = {};
  const starts = events.flatMap((event) => (event.kind === 'stage' ? [{ stage: event.stage, at: event.at }] : []));
  starts.forEach(({ stage, at }, index) => {
    seconds[stage] = (seconds[stage] ?? 0) + (starts[index + 1]?.at ?? end) - at;
  });
  return seconds;
};

/** @throws TaxonError `internal` when the events hold no result, or a result without test figures */
export const summarize = (
  events: readonly TimedEvent[],
  { seconds: wallSeconds, peakMemoryBytes }: Pick<ChildResult, 'seconds' | 'peakMemoryBytes'>,
  { seed, epochs }: { seed: number; epochs: number },
): TaxonRun => {
  const result = events.find((event) => event.kind === 'result');
  if (result?.test === undefined)
    throw new TaxonError({ code: 'internal', message: 'taxon train ended without a result for the test part' });
  const stages = stageSeconds(events, wallSeconds);
  const rates = events.flatMap((event) =>
    event.kind === 'progress' && event.stage === 'train' && event.tokensPerSecond ? [event.tokensPerSecond] : [],
  );
  return {
    seed,
    epochs,
    validationAccuracy: result.validation?.figures['accuracy'],
    accuracy: result.test.figures['accuracy']!,
    macroF1: result.test.figures['macroF1']!,
    seconds: learningStages.reduce((sum, stage) => sum + (stages[stage] ?? 0), 0),
    wallSeconds,
    tokensPerSecond: rates.length === 0 ? undefined : median(rates),
    peakMemoryBytes,
    stages,
  };
};

export interface TaxonRunOptions {
  workspaceRoot: string;
  dataset: string;
  textColumn: string;
  labelColumn: string;
  output: string;
  seed: number;
  epochs: number;
  /** All there is to learn from, in place of the training part. */
  labels?: readonly string[] | undefined;
  /** Further options of the recipe, as `optimizer.dropout=0.1`. */
  settings: readonly string[];
  signal: AbortSignal;
}

/** Runs the command line as a person would, in a process of its own. */
export const runTaxon = async (options: TaxonRunOptions): Promise<TaxonRun> => {
  const { workspaceRoot, dataset, output, seed, epochs, settings, signal } = options;
  const part = (name: string): string => join(dataset, `${name}.jsonl`);
  const learnt = options.labels ? ['--set', `data.labelNames=${JSON.stringify(options.labels)}`] : [part('train')];
  const args = [
    join(workspaceRoot, 'apps/cli/dist/main.js'),
    ...['train', ...learnt, '--validation', part('validation'), '--test', part('test'), '--out', output],
    ...['--text-column', options.textColumn, '--label-column', options.labelColumn],
    ...['--encoder', 'all-MiniLM-L6-v2', '--seed', String(seed), '--epochs', String(epochs), '--json'],
    ...settings.flatMap((setting) => ['--set', setting]),
  ];
  const events: TimedEvent[] = [];
  const child = await runChild(process.execPath, args, {
    signal,
    onLine: (line, at) => events.push({ ...parseJsonLine(line, 'taxon train'), at } as TimedEvent),
  });
  return summarize(events, child, { seed, epochs });
};
