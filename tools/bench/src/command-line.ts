import { parseArgs } from 'node:util';
import { invalidInput, nearestName } from '@taxon/errors';
import type { Benchmark, OptionSpec, OptionValues } from './benchmark.ts';

/** What every benchmark takes. */
const commonOptions = {
  json: { type: 'boolean', describe: 'the JSON line alone, nothing for a person' },
  'no-peer': { type: 'boolean', describe: 'Taxon alone, without Python' },
  help: { type: 'boolean', short: 'h', describe: 'this help' },
} as const;

export interface BenchCommand {
  json: boolean;
  noPeer: boolean;
  help: boolean;
  options: OptionValues;
}

const suggestion = (name: string, known: readonly string[]): string => {
  const near = nearestName(name, known);
  return near === undefined ? `known: ${known.join(', ')}` : `did you mean '${near}'?`;
};

/** The benchmark's name, which comes first, and what follows it. @throws TaxonError `invalid_input` */
export const splitName = (argv: readonly string[], names: readonly string[]): { name?: string; rest: string[] } => {
  const [first, ...rest] = argv;
  if (first === undefined || first === '--help' || first === '-h') return { rest };
  if (!names.includes(first)) throw invalidInput(`no benchmark is called '${first}'; ${suggestion(first, names)}`);
  return { name: first, rest };
};

/** Reads the options of one benchmark. @throws TaxonError `invalid_input` naming what is wrong */
export const parseOptions = (argv: readonly string[], own: Readonly<Record<string, OptionSpec>>): BenchCommand => {
  const known = [...Object.keys(own), ...Object.keys(commonOptions)];
  const strings = Object.fromEntries(Object.keys(own).map((name) => [name, { type: 'string' as const }]));
  let parsed;
  try {
    parsed = parseArgs({ args: [...argv], options: { ...strings, ...commonOptions }, strict: true });
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const unknown = /^Unknown option '--?([^']+)'/u.exec(message)?.[1];
    if (unknown === undefined) throw invalidInput(message);
    throw invalidInput(`unknown option --${unknown}; ${suggestion(unknown, known)}`);
  }
  const values = parsed.values as Record<string, string | boolean | undefined>;
  const options = Object.fromEntries(
    Object.entries(own).map(([name, spec]) => [name, (values[name] as string | undefined) ?? spec.default]),
  );
  return { json: values.json === true, noPeer: values['no-peer'] === true, help: values.help === true, options };
};

const optionLines = (options: Readonly<Record<string, { describe: string; default?: string; type?: string }>>) =>
  Object.entries(options).map(([name, { describe, default: value, type }]) => {
    const flag = type === 'boolean' ? `--${name}` : `--${name} <value>`;
    return `  ${flag.padEnd(26)} ${describe}${value === undefined ? '' : ` (default: ${value})`}`;
  });

export const generalHelp = (benchmarks: Readonly<Record<string, Benchmark>>): string =>
  [
    'npm run bench -- NAME [options]',
    '',
    'Runs one benchmark, Taxon and its Python peer one after the other, and ends with one JSON line:',
    '{"benchmark", "machine", "taxon", "peer", "ratio"}. In `ratio`, above 1 Taxon is better.',
    '',
    ...Object.entries(benchmarks).map(([name, { summary }]) => `  ${name.padEnd(10)} ${summary}`),
    '',
    '`npm run bench -- NAME --help` lists the options of one.',
  ].join('\n');

export const benchmarkHelp = (name: string, { summary, options }: Benchmark): string =>
  [
    `npm run bench -- ${name} [options]`,
    '',
    `${summary}.`,
    '',
    ...optionLines(options),
    ...optionLines(commonOptions),
  ].join('\n');
