import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import type { BenchContext, Skipped } from './benchmark.ts';
import { thisMachine } from './machine.ts';
import { namesOption, numberOption, numbersOption } from './option-values.ts';
import { peerFolder, type PeerEnvironment } from './peer-environment.ts';
import {
  parsePeerRun,
  peerNames,
  readPeerRecord,
  writePeerRecord,
  type PeerName,
  type PeerRecord,
  type PeerRun,
} from './peer-results.ts';
import { parseJsonLine } from './run-child.ts';
import { percent } from './table.ts';

interface PeerPlan {
  script: string;
  title: string;
  precisions: string[];
  /** Of each run, further arguments. */
  runs: string[][];
}

const readPlan = (peer: PeerName, { options }: BenchContext): PeerPlan => {
  const precisions = (name: string): string[] => namesOption(name, options[name], ['fp32', 'bf16']);
  if (peer === 'trainer') {
    const epochs = numberOption('peer-epochs', options['peer-epochs'], { least: 1, most: 100, whole: true });
    const runs = [['--epochs', String(epochs)]];
    return { script: 'train.py', title: 'Trainer', precisions: precisions('precision'), runs };
  }
  const epochChoices = numbersOption('recipe-epochs', options['recipe-epochs'], { least: 0, most: 100 });
  const keep = numberOption('recipe-keep', options['recipe-keep'], { least: 0.01, most: 1 });
  const tokens = numberOption('recipe-tokens', options['recipe-tokens'], { least: 64, most: 65_536, whole: true });
  const [rows] = namesOption('recipe-words', options['recipe-words'], ['dense', 'lazy']);
  const how = ['--keep', String(keep), '--tokens-per-step', String(tokens), '--word-rows', rows!];
  const seeds = numberOption('seeds', options.seeds, { least: 1, most: 100, whole: true });
  return {
    script: 'recipe.py',
    title: 'our recipe in PyTorch',
    precisions: precisions('recipe-precision'),
    runs: epochChoices.flatMap((epochs) =>
      Array.from({ length: seeds }, (_, seed) => ['--epochs', String(epochs), ...how, '--seed', String(seed)]),
    ),
  };
};

const runPeer = async (
  context: BenchContext,
  environment: PeerEnvironment,
  peer: PeerName,
  dataset: string,
): Promise<PeerRun[]> => {
  const { options, say, signal } = context;
  const { script, title, precisions, runs } = readPlan(peer, context);
  const columns = ['--text-column', options['text-column']!, '--label-column', options['label-column']!];
  const done: PeerRun[] = [];
  for (const precision of precisions)
    for (const args of runs) {
      say(`${title}, ${precision}, ${args.join(' ')} on ${availableParallelism()} cores (minutes) …`);
      const all = ['--data', dataset, '--precision', precision, ...columns, ...args];
      const child = await environment.run(script, all, signal);
      const answer = parseJsonLine(child.lastLine, script);
      // Measured from outside, as Taxon is: Python's start and imports are part of its command.
      const { seconds: wallSeconds, peakMemoryBytes = answer.peakMemoryBytes } = child;
      const run = parsePeerRun({ ...answer, peer, wallSeconds, peakMemoryBytes });
      done.push(run);
      const scores = `validation ${percent(run.validationAccuracy)}, test ${percent(run.accuracy)}`;
      say(`  ${scores} after ${run.seconds.toFixed(1)} s of learning`);
    }
  return done;
};

/** Records that `--peer-results` names, by the peers whose runs they hold. */
const readRecords = async ({ options, say }: BenchContext, name: string): Promise<Map<PeerName, PeerRun[]>> => {
  const found = new Map<PeerName, PeerRun[]>();
  for (const path of options['peer-results']?.split(',') ?? []) {
    const { machine, runs } = await readPeerRecord(path.trim(), name, thisMachine());
    for (const run of runs) found.set(run.peer, [...(found.get(run.peer) ?? []), run]);
    const peers = [...new Set(runs.map(({ peer }) => peer))].join(', ');
    say(`${peers}: taken from ${path.trim()}, recorded ${machine.date}`);
  }
  return found;
};

/** The runs of every peer that is asked for: recorded ones where `--peer-results` has them, else run now and recorded. */
export const runPeers = async (context: BenchContext, dataset: string, name: string): Promise<PeerRun[] | Skipped> => {
  const { options, workspaceRoot, say } = context;
  const recorded = await readRecords(context, name);
  const runs: PeerRun[] = [];
  let skipped: Skipped | undefined;
  for (const peer of namesOption('peers', options.peers, peerNames)) {
    const known = recorded.get(peer);
    if (known !== undefined) {
      runs.push(...known);
      continue;
    }
    const environment = await context.peer();
    if ('skipped' in environment) {
      skipped = environment;
      say(`${peer}: skipped: ${environment.skipped}`);
      continue;
    }
    const own = await runPeer(context, environment, peer, dataset);
    const record: PeerRecord = { dataset: name, machine: thisMachine(), runs: own };
    const path = join(peerFolder(workspaceRoot), 'results', `train-${name}-${peer}.json`);
    await writePeerRecord(path, record);
    say(`  recorded in ${path}; --peer-results takes it`);
    runs.push(...own);
  }
  return runs.length === 0 && skipped !== undefined ? skipped : runs;
};
