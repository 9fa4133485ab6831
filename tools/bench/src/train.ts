import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { spinOption, type BenchContext, type Benchmark, type Figures } from './benchmark.ts';
import { compareTraining, summarizePeers, summarizeSettings } from './compare-training.ts';
import { formatTraining } from './format-training.ts';
import { namesOption, numberOption, numbersOption } from './option-values.ts';
import { percent } from './table.ts';
import { runTaxon, type TaxonRun } from './taxon-run.ts';
import { runPeers } from './training-peers.ts';
import { findDataset } from './workspace.ts';

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
  summary: "Time, tokens and memory to the accuracy of Hugging Face's Trainer, and of our own recipe in PyTorch",
  options: {
    dataset: { describe: 'folder of the benchmark data', default: 'clinc150' },
    'text-column': { describe: "the data's key of texts", default: 'text' },
    'label-column': { describe: "the data's key of labels", default: 'label' },
    seeds: { describe: 'runs of each Taxon setting, and of our recipe in PyTorch', default: '3' },
    epochs: { describe: 'numbers of epochs that Taxon tries, with commas; fractions count', default: '0.5,1,2' },
    set: { describe: 'further recipe options for Taxon, option=value with commas' },
    spin: spinOption,
    peers: { describe: 'trainer, recipe or both', default: 'trainer,recipe' },
    precision: { describe: "the Trainer's: fp32, bf16 or both", default: 'fp32,bf16' },
    'peer-epochs': { describe: 'epochs of the Trainer', default: '5' },
    'recipe-precision': { describe: "our recipe's in PyTorch: fp32, bf16 or both", default: 'bf16' },
    'recipe-epochs': { describe: 'its epochs, with commas; fractions count', default: '1' },
    'recipe-keep': {
      describe: "its share of the texts that an epoch trains on, as Taxon's optimizer.keep",
      default: '1',
    },
    'recipe-tokens': { describe: 'its tokens a step, on average', default: '735' },
    'recipe-words': {
      describe: 'AdamW on all word rows (dense: slower, and better on validation) or on those of the batch (lazy)',
      default: 'dense',
    },
    'peer-results': { describe: 'files of runs recorded on this machine, with commas, instead of running those peers' },
  },
  async run(context) {
    const name = context.options.dataset!;
    const dataset = findDataset(context.workspaceRoot, name);
    if (typeof dataset !== 'string') return { taxon: dataset, peer: dataset, ratio: {} };
    const peerRuns = await runPeers(context, dataset, name);
    const runs = await runAllTaxon(context, dataset);
    const settings = summarizeSettings(runs);
    const taxon = { dataset: name, settings, runs };
    if ('skipped' in peerRuns) {
      const text = `${formatTraining(settings, [])}\n\nPeers: skipped: ${peerRuns.skipped}`;
      return { taxon, peer: peerRuns, ratio: {}, text };
    }
    const peers = summarizePeers(peerRuns);
    return {
      taxon,
      peer: { settings: peers, runs: peerRuns as Figures[] },
      ratio: compareTraining(settings, peers),
      text: formatTraining(settings, peers),
    };
  },
};
