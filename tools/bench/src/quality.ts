import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { invalidInput, TaxonError } from '@taxon/errors';
import { spinOption, type BenchContext, type Benchmark, type Figures } from './benchmark.ts';
import { formatVariants, summarizeVariants, type VariantRun } from './compare-variants.ts';
import { cutData, cuts, labelsOf, type CutName } from './data-cut.ts';
import { namesOption, numberOption } from './option-values.ts';
import { singleLabelCut } from './single-label-cut.ts';
import { percent } from './table.ts';
import { runTaxon } from './taxon-run.ts';
import { settingsOption, variantsOption, type Variant } from './variants.ts';
import { findDataset } from './workspace.ts';

/** Not a cut of the texts: none is labelled. */
const zeroShot = 'zero-shot';

interface Failure extends Figures {
  dataset: string;
  variant: string;
  seed: number;
  message: string;
}

interface Runs {
  runs: VariantRun[];
  failures: Failure[];
}

interface Plan {
  variants: Variant[];
  /** What all variants share. */
  settings: string[];
  epochs: number;
  seeds: number;
}

const readPlan = ({ options }: BenchContext): Plan => {
  const [spin] = namesOption('spin', options.spin, ['yes', 'no']);
  return {
    variants: variantsOption('variants', options.variants),
    settings: [`spin=${String(spin === 'yes')}`, ...settingsOption('set', options.set)],
    epochs: numberOption('epochs', options.epochs, { least: 0, most: 1000 }),
    seeds: numberOption('seeds', options.seeds, { least: 1, most: 100, whole: true }),
  };
};

/** Seeds outside, variants inside: a machine that slows down slows all variants alike. */
const runDataset = async (
  context: BenchContext,
  plan: Plan,
  dataset: string,
  { folderOf, labels }: { folderOf: (seed: number) => Promise<string>; labels: string[] | undefined },
  scratch: string,
) => {
  const { options, workspaceRoot, say, signal } = context;
  const done: Runs = { runs: [], failures: [] };
  const columns = { textColumn: options['text-column']!, labelColumn: options['label-column']! };
  for (let seed = 0; seed < plan.seeds; seed++) {
    const folder = await folderOf(seed);
    for (const { name: variant, settings } of plan.variants) {
      say(`${dataset}, seed ${seed}, ${variant} …`);
      const output = join(scratch, 'model');
      const own = { epochs: plan.epochs, seed, settings: [...plan.settings, ...settings] };
      try {
        const run = await runTaxon({ workspaceRoot, dataset: folder, ...columns, output, labels, ...own, signal });
        done.runs.push({ dataset, variant, run });
        const scores = `validation ${percent(run.validationAccuracy)}, test ${percent(run.accuracy)}`;
        say(`  ${scores}, ${run.seconds.toFixed(1)} s (${run.wallSeconds.toFixed(1)} s in all)`);
      } catch (error) {
        const { code, message } = TaxonError.from(error);
        // One variant that does not work must not cost the hour of the others.
        if (code === 'cancelled') throw error;
        done.failures.push({ dataset, variant, seed, message });
        say(`  failed: ${message}`);
      }
      await rm(output, { recursive: true, force: true });
    }
  }
  return done;
};

/** Every data set as one label a text, with what that took. */
const runAll = async (context: BenchContext, plan: Plan, scratch: string) => {
  const all: Runs = { runs: [], failures: [] };
  const leftOut: Record<string, number> = {};
  const [chosen] = namesOption('cut', context.options.cut, ['none', zeroShot, ...Object.keys(cuts)]) as [string];
  for (const dataset of context.options.datasets!.split(',').map((name) => name.trim())) {
    const found = findDataset(context.workspaceRoot, dataset);
    if (typeof found !== 'string') throw invalidInput(`--datasets ${dataset}: ${found.skipped}`);
    const cut = await singleLabelCut(found, context.options['label-column']!, join(scratch, dataset));
    if (cut.leftOut > 0) {
      leftOut[dataset] = cut.leftOut;
      context.say(`${dataset}: ${cut.leftOut} texts that have not exactly one label are left out`);
    }
    const label = context.options['label-column']!;
    const folderOf = (seed: number): Promise<string> =>
      chosen === 'none' || chosen === zeroShot
        ? Promise.resolve(cut.folder)
        : cutData(cut.folder, chosen as CutName, { label, seed }, join(scratch, `${dataset}-${chosen}`));
    const labels = chosen === zeroShot ? await labelsOf(cut.folder, label) : undefined;
    const { runs, failures } = await runDataset(context, plan, dataset, { folderOf, labels }, scratch);
    all.runs.push(...runs);
    all.failures.push(...failures);
  }
  return { ...all, leftOut };
};

export const quality: Benchmark = {
  summary: 'Variants of the recipe against the first one, over seeds: scores, seconds by stage, memory',
  options: {
    variants: {
      describe: "semicolons between variants, commas between a variant's option=value; `default` changes nothing",
      default: 'precision=fp32;precision=int8',
    },
    datasets: { describe: 'folders of the benchmark data, with commas', default: 'clinc150' },
    'text-column': { describe: "the data's key of texts", default: 'text' },
    'label-column': { describe: "the data's key of labels; texts without exactly one are left out", default: 'label' },
    cut: {
      describe:
        "none; zero-shot: the labels' names alone; imbalanced: class sizes from 100 texts down to 5; styles: four styles a class, four times the classes; 5-shot, 10-shot: so many texts a class, drawn by the seed",
      default: 'none',
    },
    epochs: { describe: 'epochs of a variant that does not set optimizer.epochs', default: '1' },
    seeds: { describe: 'runs of each variant', default: '3' },
    set: { describe: 'option=value for all variants, with commas' },
    spin: spinOption,
  },
  async run(context) {
    const plan = readPlan(context);
    const scratch = await mkdtemp(join(tmpdir(), 'taxon-bench-'));
    try {
      const { runs, failures, leftOut } = await runAll(context, plan, scratch);
      const summaries = summarizeVariants(runs, plan.variants[0]!.name);
      const datasets = [...new Set(summaries.map(({ dataset }) => dataset))];
      const tables = datasets.map(
        (name) => `${name}\n${formatVariants(summaries.filter(({ dataset }) => dataset === name))}`,
      );
      const figures = {
        epochs: plan.epochs,
        settings: plan.settings.join(','),
        leftOut,
        variants: summaries,
        failures,
      };
      return {
        taxon: { ...figures, runs: runs.map(({ run, ...which }) => ({ ...which, ...run })) },
        peer: { skipped: 'Taxon is compared with itself' },
        ratio: {},
        text: [...tables, ...failures.map(({ variant, message }) => `failed: ${variant}: ${message}`)].join('\n\n'),
      };
    } finally {
      await rm(scratch, { recursive: true, force: true });
    }
  },
};
