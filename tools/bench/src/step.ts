import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { hasExactInt8 } from '@taxon/compute';
import { spinOption, type BenchContext, type Benchmark, type Figures } from './benchmark.ts';
import { compareSteps, poolSamples, type RatesByPrecision, type StepSample } from './compare-steps.ts';
import { formatSteps, type StepReport } from './format-steps.ts';
import { namesOption, numberOption } from './option-values.ts';
import type { PeerEnvironment } from './peer-environment.ts';
import { parseJsonLine, runChild } from './run-child.ts';
import type { ProfileFigures, StepRequest, StepTimes, TaxonPrecision } from './step-request.ts';
import { readStepWorks, stepOptions, type StepWork } from './step-work.ts';

interface Plan {
  works: StepWork[];
  taxon: TaxonPrecision[];
  peer: readonly string[];
  rounds: number;
  spin: boolean;
}

const readPlan = async ({ options, say }: BenchContext): Promise<Plan> => {
  const [spin] = namesOption('spin', options.spin, ['yes', 'no']);
  const asked = namesOption('taxon-precision', options['taxon-precision'], ['fp32', 'int8']);
  const exact = !asked.includes('int8') || (await hasExactInt8());
  if (!exact)
    say('int8 is left out: 8-bit products are not exact on this processor, and no training run uses them here');
  return {
    works: readStepWorks(options, availableParallelism()),
    taxon: asked.filter((precision) => precision === 'fp32' || exact),
    peer: namesOption('precision', options.precision, ['fp32', 'bf16']),
    rounds: numberOption('rounds', options.rounds, { least: 1, most: 100, whole: true }),
    spin: spin === 'yes',
  };
};

/** Asks a process of Taxon's own. */
const askTaxon = async <Answer>(context: BenchContext, request: StepRequest): Promise<Answer & StepSample> => {
  const script = join(context.workspaceRoot, 'tools/bench/dist/bench-step.js');
  const child = await runChild(process.execPath, [script, JSON.stringify(request)], { signal: context.signal });
  const answer = parseJsonLine(child.lastLine, 'bench-step');
  return { ...answer, peakMemoryBytes: child.peakMemoryBytes } as Answer & StepSample;
};

const askPeer = async (
  { signal }: BenchContext,
  peer: PeerEnvironment,
  work: StepWork,
  precision: string,
): Promise<StepSample> => {
  const sizes = ['layers', 'hidden', 'heads', 'labels', 'rows', 'length', 'seconds', 'threads'] as const;
  const args = [...sizes.flatMap((name) => [`--${name}`, String(work[name])]), '--precision', precision];
  const child = await peer.run('step.py', args, signal);
  const answer = parseJsonLine(child.lastLine, 'step.py') as unknown as StepSample;
  return { ...answer, peakMemoryBytes: child.peakMemoryBytes ?? answer.peakMemoryBytes };
};

/** One side in one precision. */
interface Contender {
  name: string;
  samples: StepSample[];
  measure: () => Promise<StepSample>;
}

/** Sides in turn, every second round backwards: a machine that grows slower or faster does so for all of them alike. */
const takeTurns = async (context: BenchContext, title: string, contenders: readonly Contender[], rounds: number) => {
  for (let round = 0; round < rounds; round++)
    for (const { name, samples, measure } of round % 2 === 0 ? contenders : [...contenders].reverse()) {
      context.say(`${title}, round ${round + 1} of ${rounds}: ${name} …`);
      samples.push(await measure());
    }
};

const measureWork = async (
  context: BenchContext,
  plan: Plan,
  work: StepWork,
  peer: PeerEnvironment | undefined,
): Promise<StepReport> => {
  const { spin } = plan;
  const request = (measure: StepRequest['measure'], precision: TaxonPrecision): StepRequest => ({
    ...{ measure, precision, spin, work },
  });
  const taxon = plan.taxon.map((precision): Contender & { precision: string } => ({
    ...{ precision, name: `Taxon ${precision}`, samples: [] },
    measure: () => askTaxon<StepTimes>(context, request('step', precision)),
  }));
  const theirs = (peer === undefined ? [] : plan.peer).map((precision): Contender & { precision: string } => ({
    ...{ precision, name: `PyTorch ${precision}`, samples: [] },
    measure: () => askPeer(context, peer!, work, precision),
  }));
  context.say(`${work.name}: the fastest matrix products of these shapes …`);
  const askCeiling = async () => (await askTaxon<{ gigaflops: number }>(context, request('ceiling', 'fp32'))).gigaflops;
  const before = await askCeiling();
  await takeTurns(context, work.name, [...taxon, ...theirs], plan.rounds);
  const profiles: Record<string, ProfileFigures> = {};
  for (const precision of plan.taxon) {
    context.say(`${work.name}: Taxon ${precision}, profiled …`);
    const { load, step, operators } = await askTaxon<ProfileFigures>(context, request('profile', precision));
    profiles[precision] = { load, step, operators };
  }
  // The higher of two, minutes apart: a ceiling that was low by chance would flatter every share of it.
  const ceiling = Math.max(before, await askCeiling());
  const rates = (sides: readonly (Contender & { precision: string })[]): RatesByPrecision =>
    Object.fromEntries(sides.map(({ precision, samples }) => [precision, poolSamples(work, samples, ceiling)]));
  return { work: work.name, ceiling, taxon: rates(taxon), peer: rates(theirs), profiles };
};

const byWork = (reports: readonly StepReport[], figures: (report: StepReport) => Figures): Figures =>
  Object.fromEntries(reports.map((report) => [report.work, figures(report)]));

export const step: Benchmark = {
  summary: "Training steps, as a share of this machine's matrix-product ceiling, by operation, and against PyTorch",
  options: {
    ...stepOptions,
    'taxon-precision': { describe: "Taxon's: fp32, int8 or both", default: 'fp32,int8' },
    precision: { describe: "the peer's: fp32, bf16 or both", default: 'fp32,bf16' },
    rounds: { describe: 'processes of each side and precision, in turn', default: '2' },
    spin: spinOption,
  },
  async run(context) {
    const plan = await readPlan(context);
    const peer = await context.peer();
    const environment = 'skipped' in peer ? undefined : peer;
    const reports: StepReport[] = [];
    for (const work of plan.works) reports.push(await measureWork(context, plan, work, environment));
    return {
      taxon: byWork(reports, ({ ceiling, taxon, profiles }) => ({
        ceilingGigaflops: ceiling,
        ...taxon,
        profiles: profiles as Record<string, ProfileFigures>,
      })),
      peer: 'skipped' in peer ? peer : byWork(reports, (report) => report.peer),
      ratio: 'skipped' in peer ? {} : byWork(reports, (report) => compareSteps(report.taxon, report.peer)),
      text: formatSteps(reports, 'skipped' in peer ? peer.skipped : undefined),
    };
  },
};
