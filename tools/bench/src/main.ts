import { TaxonError } from '@taxon/errors';
import { isSkipped, type Benchmark, type BenchContext } from './benchmark.ts';
import { benchmarks } from './benchmarks.ts';
import { benchmarkHelp, generalHelp, parseOptions, splitName } from './command-line.ts';
import { thisMachine } from './machine.ts';
import { preparePeerEnvironment } from './peer-environment.ts';
import { formatOutcome, resultLine } from './report.ts';
import { findWorkspaceRoot } from './workspace.ts';

const loadAll = async (): Promise<Record<string, Benchmark>> =>
  Object.fromEntries(
    await Promise.all(Object.entries(benchmarks).map(async ([name, load]) => [name, await load()] as const)),
  );

const createContext = (
  { noPeer, json, options }: ReturnType<typeof parseOptions>,
  signal: AbortSignal,
): BenchContext => {
  const workspaceRoot = findWorkspaceRoot();
  const say = json ? () => undefined : (line: string) => void process.stderr.write(`${line}\n`);
  let environment: ReturnType<BenchContext['peer']> | undefined;
  const peer: BenchContext['peer'] = () =>
    noPeer
      ? Promise.resolve({ skipped: '--no-peer' })
      : (environment ??= preparePeerEnvironment({ workspaceRoot, say, signal }));
  return { options, workspaceRoot, peer, say, signal };
};

const run = async (argv: readonly string[], signal: AbortSignal): Promise<number> => {
  const { name, rest } = splitName(argv, Object.keys(benchmarks));
  if (name === undefined) {
    console.log(generalHelp(await loadAll()));
    return argv.length === 0 ? 2 : 0;
  }
  const benchmark = await benchmarks[name]!();
  const command = parseOptions(rest, benchmark.options);
  if (command.help) {
    console.log(benchmarkHelp(name, benchmark));
    return 0;
  }
  const machine = thisMachine();
  const outcome = await benchmark.run(createContext(command, signal));
  if (!command.json) console.log(formatOutcome(outcome));
  console.log(resultLine(name, machine, outcome));
  return isSkipped(outcome.taxon) ? 1 : 0;
};

const interrupt = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => interrupt.abort());
try {
  process.exitCode = await run(process.argv.slice(2), interrupt.signal);
} catch (error) {
  const { code, message, hint, stack } = TaxonError.from(error);
  process.stderr.write(`error: ${message}\n${hint === undefined ? '' : `${hint}\n`}`);
  if (code === 'internal' && process.env.DEBUG !== undefined) process.stderr.write(`${stack ?? ''}\n`);
  process.exitCode = code === 'invalid_input' ? 2 : code === 'cancelled' ? 130 : 1;
}
