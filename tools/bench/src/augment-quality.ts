import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { augmentRows, profileRows, type Row } from '@taxon/augmentation';
import { readDataset } from '@taxon/data';
import { invalidInput } from '@taxon/errors';
import { augmentPolicies, isTaught, policyOptions } from './augment-policies.ts';
import type { BenchContext, Benchmark, Figures } from './benchmark.ts';
import { cutData, cuts, type CutName } from './data-cut.ts';
import { namesOption, numberOption } from './option-values.ts';
import { mean, standardError } from './statistics.ts';
import { formatTable, percent } from './table.ts';
import { runTaxon, type TaxonRun } from './taxon-run.ts';
import { settingsOption } from './variants.ts';
import { findDataset } from './workspace.ts';

interface PolicyRun extends Figures {
  policy: string;
  /** Texts of the training part, and those made of them. */
  rows: number;
  made: number;
  run: TaxonRun;
}

const label = 'label';

const readRows = async (folder: string): Promise<Row[]> => {
  const { examples } = await readDataset(join(folder, 'train.jsonl'), { tasks: [{ column: label }] });
  return examples.map((example) => ({ ...example, id: `train.jsonl:${example.line}` }));
};

// eslint-disable-next-line @typescript-eslint/require-await -- rows come as a stream
async function* streamOf(rows: readonly Row[]): AsyncGenerator<Row> {
  yield* rows;
}

/** The training part's texts that the cut left out, without labels. */
const writeUnlabelled = async (dataset: string, cut: string): Promise<string> => {
  const textsOf = async (folder: string): Promise<string[]> =>
    (await readFile(join(folder, 'train.jsonl'), 'utf8'))
      .split('\n')
      .filter((line) => line.trim() !== '')
      .map((line) => (JSON.parse(line) as { text: string }).text);
  const labelled = new Set(await textsOf(cut));
  const path = join(cut, 'unlabelled.jsonl');
  const left = (await textsOf(dataset)).filter((text) => !labelled.has(text));
  await writeFile(path, left.map((text) => `${JSON.stringify({ text })}\n`).join(''));
  return path;
};

/** A copy of the cut whose training part holds what the policy makes. */
const writeAugmented = async (
  cut: string,
  name: string,
  {
    folder,
    signal,
    ...given
  }: { seed: number; unlabelled: string; teacher: string; folder: string; signal: AbortSignal },
) => {
  const rows = await readRows(cut);
  const lines = rows.map(({ id, text, labels }) => ({ id, text, [label]: labels[0]![0]! }));
  const options = policyOptions(name, given);
  const made: object[] = [];
  if (options !== undefined) {
    const profile = await profileRows(streamOf(rows), { seed: given.seed, signal });
    const tasks = [{ name: label, kind: 'single-label' as const }];
    for await (const { text, labels, origin } of augmentRows(streamOf(rows), options, { tasks, profile, signal }))
      made.push({ text, [label]: labels[0]![0]!, augmentation: origin.method, parent: origin.parent });
  }
  await mkdir(folder, { recursive: true });
  const all = [...lines, ...made];
  await writeFile(join(folder, 'train.jsonl'), all.map((row) => `${JSON.stringify(row)}\n`).join(''));
  for (const part of ['validation', 'test']) await copyFile(join(cut, `${part}.jsonl`), join(folder, `${part}.jsonl`));
  return { rows: rows.length, made: made.length };
};

const points = (share: number): string => `${share < 0 ? '−' : '+'}${Math.abs(100 * share).toFixed(2)}`;

/** A row a policy: means over the seeds, and the gains against the first policy, seed by seed. */
const summarize = (runs: readonly PolicyRun[], policies: readonly string[]) =>
  policies.map((policy) => {
    const of = (name: string): PolicyRun[] => runs.filter((one) => one.policy === name);
    const own = of(policy);
    const gains = own.flatMap(({ run }) => {
      const other = of(policies[0]!).find((one) => one.run.seed === run.seed);
      return other === undefined ? [] : [run.macroF1 - other.run.macroF1];
    });
    return {
      policy,
      seeds: own.length,
      made: own.length === 0 ? NaN : mean(own.map(({ made }) => made)),
      epochs: own.length === 0 ? NaN : mean(own.map(({ run }) => run.epochs)),
      validationAccuracy: own.length === 0 ? NaN : mean(own.map(({ run }) => run.validationAccuracy ?? NaN)),
      accuracy: own.length === 0 ? NaN : mean(own.map(({ run }) => run.accuracy)),
      macroF1: own.length === 0 ? NaN : mean(own.map(({ run }) => run.macroF1)),
      gain: gains.length === 0 ? NaN : mean(gains),
      gainError: standardError(gains),
    };
  });

const table = (summaries: ReturnType<typeof summarize>): string =>
  formatTable(
    ['policy', 'seeds', 'texts made', 'epochs', 'validation', 'test', 'macro F1', 'points', '±'],
    summaries.map((one) => [
      ...[one.policy, String(one.seeds), one.made.toFixed(0), one.epochs.toFixed(2)],
      ...[percent(one.validationAccuracy), percent(one.accuracy), percent(one.macroF1), points(one.gain)],
      one.gainError === undefined ? '–' : (100 * one.gainError).toFixed(2),
    ]),
  );

const runPolicies = async (context: BenchContext, scratch: string) => {
  const { options, workspaceRoot, say, signal } = context;
  const [cut] = namesOption('cut', options.cut, Object.keys(cuts)) as [CutName];
  const epochs = numberOption('epochs', options.epochs, { least: 0, most: 1000 });
  const seeds = numberOption('seeds', options.seeds, { least: 1, most: 100, whole: true });
  const first = numberOption('first-seed', options['first-seed'], { least: 0, most: 1e6, whole: true });
  const policies = options.policies!.split(',').map((name) => name.trim());
  const dataset = findDataset(workspaceRoot, 'clinc150');
  if (typeof dataset !== 'string') throw invalidInput(dataset.skipped);
  for (const name of policies) policyOptions(name, { seed: 0, unlabelled: 'unlabelled', teacher: 'teacher' });
  const runs: PolicyRun[] = [];
  for (let seed = first; seed < first + seeds; seed++) {
    const cutFolder = await cutData(dataset, cut, { label, seed }, join(scratch, 'cut'));
    const unlabelled = await writeUnlabelled(dataset, cutFolder);
    const settings = ['spin=false', ...settingsOption('set', options.set)];
    const common = { workspaceRoot, textColumn: 'text', labelColumn: label, seed, settings, signal };
    const teacher = join(scratch, 'teacher');
    if (policies.some(isTaught)) await runTaxon({ ...common, dataset: cutFolder, output: teacher, epochs });
    for (const policy of policies) {
      const folder = join(scratch, 'augmented');
      const { rows, made } = await writeAugmented(cutFolder, policy, { seed, unlabelled, teacher, folder, signal });
      // As many updates with more texts: each is seen less often.
      const own = (epochs * rows) / (rows + made);
      const output = join(scratch, 'model');
      const run = await runTaxon({ ...common, dataset: folder, output, epochs: own });
      runs.push({ policy, rows, made, run });
      say(
        `${cut}, seed ${seed}, ${policy}: ${rows} + ${made} texts, validation ${percent(run.validationAccuracy)}, ` +
          `test macro F1 ${percent(run.macroF1)}, ${run.wallSeconds.toFixed(0)} s`,
      );
      await rm(output, { recursive: true, force: true });
    }
    await rm(teacher, { recursive: true, force: true });
  }
  return { cut, runs, summaries: summarize(runs, policies) };
};

export const augmentQuality: Benchmark = {
  summary: 'Training with and without augmented texts, with equal steps, on cuts of CLINC150',
  options: {
    policies: { describe: `with commas, the first is what others are compared with: ${augmentPolicies.join(', ')}`, default: 'none,words,similar' }, // prettier-ignore
    cut: { describe: 'cut of the training part, as `quality` has them', default: '5-shot' },
    epochs: { describe: 'epochs without augmented texts; with them fewer, so that updates are equal', default: '10' },
    seeds: { describe: 'runs of each policy; the seed draws the cut, too', default: '3' },
    'first-seed': { describe: 'the first of the seeds', default: '0' },
    set: { describe: 'option=value for all runs, with commas', default: 'optimizer.keep=1,patience=0' },
  },
  async run(context) {
    const scratch = await mkdtemp(join(tmpdir(), 'taxon-bench-'));
    try {
      const { cut, runs, summaries } = await runPolicies(context, scratch);
      return {
        taxon: { cut, settings: context.options.set, policies: summaries, runs },
        peer: { skipped: 'Taxon is compared with itself' },
        ratio: {},
        text: `${cut}\n${table(summaries)}`,
      };
    } finally {
      await rm(scratch, { recursive: true, force: true });
    }
  },
};
