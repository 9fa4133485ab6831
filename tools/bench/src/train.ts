import { mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { spinOption, type BenchContext, type Benchmark, type Skipped } from './benchmark.ts';
import { compareTraining, summarizeSettings } from './compare-training.ts';
import { thisMachine } from './machine.ts';
import { namesOption, numberOption, numbersOption } from './option-values.ts';
import { peerFolder } from './peer-environment.ts';
import { parsePeerRun, readPeerRecord, writePeerRecord, type PeerRecord, type PeerRun } from './peer-results.ts';
import { parseJsonLine } from './run-child.ts';
import { runTaxon, type TaxonRun } from './taxon-run.ts';
import { findDataset } from './workspace.ts';

const percent = (share: number): string => `${(share * 100).toFixed(2)} %`;

const runPeer = async (context: BenchContext, dataset: string, name: string): Promise<PeerRecord | Skipped> => {
  const { options, workspaceRoot, say, signal } = context;
  const machine = thisMachine();
  if (options['peer-results'] !== undefined) {
    const record = await readPeerRecord(options['peer-results'], name, machine);
    say(`Trainer: taken from ${options['peer-results']}, recorded ${record.machine.date}`);
    return record;
  }
  const precisions = namesOption('precision', options.precision, ['fp32', 'bf16']);
  const epochs = numberOption('peer-epochs', options['peer-epochs'], { least: 1, most: 100, whole: true });
  const peer = await context.peer();
  if ('skipped' in peer) return peer;
  const columns = ['--text-column', options['text-column']!, '--label-column', options['label-column']!];
  const runs: PeerRun[] = [];
  for (const precision of precisions) {
    say(`Trainer, ${precision}, ${epochs} epochs on ${availableParallelism()} cores (minutes) …`);
    const args = ['--data', dataset, '--epochs', String(epochs), '--precision', precision, ...columns];
    const child = await peer.run('train.py', args, signal);
    const answer = parseJsonLine(child.lastLine, 'train.py');
    // Measured from outside, as Taxon is: Python's start and imports are part of its command.
    const { seconds: wallSeconds, peakMemoryBytes = answer.peakMemoryBytes } = child;
    const run = parsePeerRun({ ...answer, wallSeconds, peakMemoryBytes });
    runs.push(run);
    say(`  ${percent(run.accuracy)} after ${run.seconds.toFixed(0)} s of training`);
  }
  const record: PeerRecord = { dataset: name, machine, runs };
  const path = join(peerFolder(workspaceRoot), 'results', `train-${name}.json`);
  await writePeerRecord(path, record);
  say(`  recorded in ${path}; --peer-results takes it`);
  return record;
};

const runAllTaxon = async (context: BenchContext, dataset: string): Promise<TaxonRun[]> => {
  const { options, workspaceRoot, say, signal } = context;
  const seeds = numberOption('seeds', options.seeds, { least: 1, most: 100, whole: true });
  const epochChoices = numbersOption('epochs', options.epochs, { least: 0, most: 1000 });
  const [spin] = namesOption('spin', options.spin, ['yes', 'no']);
  const settings = [`spin=${String(spin === 'yes')}`, ...(options.set?.split(',') ?? [])];
  const folder = await mkdtemp(join(tmpdir(), 'taxon-bench-'));
  const runs: TaxonRun[] = [];
  try {
    for (const epochs of epochChoices)
      for (let seed = 0; seed < seeds; seed++) {
        say(`Taxon, ${epochs} ${epochs === 1 ? 'epoch' : 'epochs'}, seed ${seed} …`);
        const output = join(folder, `model-${epochs}-${seed}`);
        const columns = { textColumn: options['text-column']!, labelColumn: options['label-column']! };
        const run = await runTaxon({ workspaceRoot, dataset, ...columns, output, seed, epochs, settings, signal });
        runs.push(run);
        say(`  ${percent(run.accuracy)} after ${run.seconds.toFixed(0)} s (${run.wallSeconds.toFixed(0)} s in all)`);
        await rm(output, { recursive: true, force: true });
      }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  return runs;
};

export const train: Benchmark = {
  summary: "Time, tokens and memory to reach the accuracy that Hugging Face's Trainer ends with",
  options: {
    dataset: { describe: 'folder of the benchmark data', default: 'clinc150' },
    'text-column': { describe: "the data's key of texts", default: 'text' },
    'label-column': { describe: "the data's key of labels", default: 'label' },
    seeds: { describe: 'Taxon runs for each number of epochs', default: '3' },
    epochs: { describe: 'numbers of epochs that Taxon tries, with commas; fractions count', default: '0.5,1,2' },
    set: { describe: 'further recipe options for Taxon, option=value with commas' },
    spin: spinOption,
    precision: { describe: "the peer's: fp32, bf16 or both", default: 'fp32,bf16' },
    'peer-epochs': { describe: 'epochs of the peer', default: '5' },
    'peer-results': { describe: 'file of peer runs recorded on this machine, instead of running the peer' },
  },
  async run(context) {
    const name = context.options.dataset!;
    const dataset = findDataset(context.workspaceRoot, name);
    if (typeof dataset !== 'string') return { taxon: dataset, peer: dataset, ratio: {} };
    const peer = await runPeer(context, dataset, name);
    const runs = await runAllTaxon(context, dataset);
    const taxon = summarizeSettings(runs);
    if ('skipped' in peer) return { taxon: { dataset: name, settings: taxon }, peer, ratio: {} };
    return {
      taxon: { dataset: name, settings: taxon },
      peer: { recorded: peer.machine.date, ...Object.fromEntries(peer.runs.map((run) => [run.precision, run])) },
      ratio: compareTraining(taxon, peer.runs),
    };
  },
};
