import { invalidInput } from '@taxon/errors';
import { numberOption } from './option-values.ts';
import type { OptionSpec, OptionValues } from './benchmark.ts';

/** A training step that both sides take: a BERT classifier on full rows, one text a row. */
export interface StepWork {
  /** MODEL-TOKENS, as it is asked for. */
  name: string;
  layers: number;
  hidden: number;
  heads: number;
  labels: number;
  /** Rows of the whole step. */
  rows: number;
  length: number;
  /** Time to measure for in each process, after two steps to warm up. */
  seconds: number;
  threads: number;
}

const models: Readonly<Record<string, Pick<StepWork, 'layers' | 'hidden' | 'heads'>>> = {
  minilm: { layers: 6, hidden: 384, heads: 12 },
  base: { layers: 12, hidden: 768, heads: 12 },
};

export const stepOptions: Readonly<Record<string, OptionSpec>> = {
  works: {
    describe: `MODEL-TOKENS with commas; models: ${Object.keys(models).join(' (6 layers of 384), ')} (12 of 768)`,
    default: 'minilm-1024,minilm-4096,base-1024',
  },
  length: { describe: 'tokens a row', default: '128' },
  seconds: { describe: 'time to measure for in each process', default: '8' },
};

const readWork = (name: string, shared: Pick<StepWork, 'length' | 'seconds' | 'threads'>): StepWork => {
  const [modelName, tokensText, ...rest] = name.split('-');
  const model = models[modelName ?? ''];
  const known = Object.keys(models).join(', ');
  if (model === undefined || tokensText === undefined || rest.length > 0)
    throw invalidInput(`--works ${name}: must be MODEL-TOKENS, as minilm-1024; models: ${known}`);
  const tokens = numberOption('works', tokensText, { least: 1, most: 65_536, whole: true });
  if (tokens % shared.length !== 0)
    throw invalidInput(`--works ${name}: ${tokens} tokens are no whole number of rows of ${shared.length}`);
  return { name, ...model, labels: 150, rows: tokens / shared.length, ...shared };
};

/** @throws TaxonError `invalid_input` naming the work that is unknown or out of range */
export const readStepWorks = (options: OptionValues, threads: number): StepWork[] => {
  const length = numberOption('length', options.length, { least: 2, most: 512, whole: true });
  const seconds = numberOption('seconds', options.seconds, { least: 0, most: 3600 });
  const names = (options.works ?? '').split(',').map((name) => name.trim());
  return [...new Set(names)].map((name) => readWork(name, { length, seconds, threads }));
};

export const tokensOf = ({ rows, length }: Pick<StepWork, 'rows' | 'length'>): number => rows * length;

/**
 * Floating-point operations of a step's products with the encoder's weights: 2 a weight and token forward, twice that
 * backward. Attention's own products (5 % more at 128 tokens) are left out on both sides.
 */
export const stepOperations = (work: StepWork): number => 6 * 12 * work.layers * work.hidden ** 2 * tokensOf(work);

/**
 * A step's weight products as [rows, inner, columns], forward and both gradients, over all tokens and over those of one
 * native call: the fastest of them is the ceiling.
 */
export const productShapes = (work: StepWork, tokensPerCall: number): [number, number, number][] => {
  const { hidden } = work;
  return [...new Set([tokensOf(work), tokensPerCall])].flatMap((tokens): [number, number, number][] => [
    [tokens, hidden, hidden],
    [tokens, hidden, 4 * hidden],
    [tokens, 4 * hidden, hidden],
    [hidden, tokens, 4 * hidden],
  ]);
};
