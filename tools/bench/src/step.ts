import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { isSkipped, spinOption, type BenchContext, type Benchmark, type Figures, type Skipped } from './benchmark.ts';
import { namesOption } from './option-values.ts';
import { parseJsonLine, runChild } from './run-child.ts';
import {
  readStepWork,
  stepOperations,
  stepOptions,
  tokensOf,
  type StepRequest,
  type StepTimes,
  type StepWork,
} from './step-work.ts';

interface StepFigures {
  seconds: StepTimes;
  peakMemoryBytes: number | undefined;
}

/** The median step as rates. */
const asFigures = (work: StepWork, { seconds, peakMemoryBytes }: StepFigures) => ({
  milliseconds: seconds.median * 1000,
  bestMilliseconds: seconds.best * 1000,
  gigaflops: stepOperations(work) / seconds.median / 1e9,
  tokensPerSecond: tokensOf(work) / seconds.median,
  peakMemoryBytes,
});
type StepRates = ReturnType<typeof asFigures>;

const runTaxon = async (context: BenchContext, work: StepWork, spin: boolean) => {
  const script = join(context.workspaceRoot, 'tools/bench/dist/bench-step.js');
  const ask = async (measure: StepRequest['measure']) => {
    const request: StepRequest = { measure, spin, work };
    const child = await runChild(process.execPath, [script, JSON.stringify(request)], { signal: context.signal });
    return { ...parseJsonLine(child.lastLine, 'bench-step'), peakMemoryBytes: child.peakMemoryBytes };
  };
  context.say('Taxon: the fastest matrix products of these shapes …');
  const { gigaflops: ceiling } = (await ask('ceiling')) as unknown as { gigaflops: number };
  context.say('Taxon: training steps …');
  const rates = asFigures(work, (await ask('step')) as unknown as StepFigures);
  return { ...rates, ceilingGigaflops: ceiling, shareOfCeiling: rates.gigaflops / ceiling };
};

const runPeer = async (
  context: BenchContext,
  work: StepWork,
  precisions: readonly string[],
): Promise<Record<string, StepRates> | Skipped> => {
  const peer = await context.peer();
  if ('skipped' in peer) return peer;
  const sizes = ['layers', 'hidden', 'heads', 'labels', 'rows', 'length', 'seconds', 'threads'] as const;
  const results: Record<string, StepRates> = {};
  for (const precision of precisions) {
    context.say(`PyTorch ${precision}: training steps …`);
    const args = [...sizes.flatMap((name) => [`--${name}`, String(work[name])]), '--precision', precision];
    const child = await peer.run('step.py', args, context.signal);
    const answer = parseJsonLine(child.lastLine, 'step.py') as unknown as StepFigures;
    results[precision] = asFigures(work, {
      ...answer,
      peakMemoryBytes: child.peakMemoryBytes ?? answer.peakMemoryBytes,
    });
  }
  return results;
};

/** How much faster Taxon's step is than the peer's, and the peer's memory over Taxon's, for each precision. */
const compare = (taxon: StepRates, peer: Record<string, StepRates>): Figures =>
  Object.fromEntries(
    Object.entries(peer).map(([precision, { milliseconds, peakMemoryBytes }]) => [
      precision,
      {
        speed: milliseconds / taxon.milliseconds,
        memory:
          peakMemoryBytes === undefined || taxon.peakMemoryBytes === undefined
            ? undefined
            : peakMemoryBytes / taxon.peakMemoryBytes,
      },
    ]),
  );

export const step: Benchmark = {
  summary: "One training step, as a share of this machine's matrix-product ceiling and against PyTorch",
  options: {
    ...stepOptions,
    precision: { describe: "the peer's: fp32, bf16 or both", default: 'fp32,bf16' },
    spin: spinOption,
  },
  async run(context) {
    const work = readStepWork(context.options, availableParallelism());
    const precisions = namesOption('precision', context.options.precision, ['fp32', 'bf16']);
    const [spin] = namesOption('spin', context.options.spin, ['yes', 'no']);
    const peer = await runPeer(context, work, precisions);
    const taxon = await runTaxon(context, work, spin === 'yes');
    return { taxon: { ...work, ...taxon }, peer, ratio: isSkipped(peer) ? {} : compare(taxon, peer) };
  },
};
