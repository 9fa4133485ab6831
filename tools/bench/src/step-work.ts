import { invalidInput } from '@taxon/errors';
import { numberOption } from './option-values.ts';
import type { OptionSpec, OptionValues } from './benchmark.ts';

/** A training step that both sides take: a BERT classifier on full rows, one text a row. */
export interface StepWork {
  layers: number;
  hidden: number;
  heads: number;
  labels: number;
  rows: number;
  length: number;
  /** Time to measure for, after two steps to warm up. */
  seconds: number;
  threads: number;
}

const models: Readonly<Record<string, Pick<StepWork, 'layers' | 'hidden' | 'heads' | 'rows'>>> = {
  minilm: { layers: 6, hidden: 384, heads: 12, rows: 32 },
  base: { layers: 12, hidden: 768, heads: 12, rows: 8 },
};

export const stepOptions: Readonly<Record<string, OptionSpec>> = {
  model: { describe: `${Object.keys(models).join(' or ')}: 6 layers of 384 or 12 of 768`, default: 'minilm' },
  rows: { describe: 'rows a step (default: 32, base 8)' },
  length: { describe: 'tokens a row', default: '128' },
  seconds: { describe: 'time to measure each variant for', default: '20' },
};

export const readStepWork = (options: OptionValues, threads: number): StepWork => {
  const model = models[options.model ?? ''];
  if (model === undefined)
    throw invalidInput(`--model ${options.model ?? ''}: must be one of ${Object.keys(models).join(', ')}`);
  const whole = { least: 1, most: 4096, whole: true };
  return {
    ...model,
    rows: options.rows === undefined ? model.rows : numberOption('rows', options.rows, whole),
    length: numberOption('length', options.length, { least: 2, most: 512, whole: true }),
    seconds: numberOption('seconds', options.seconds, { least: 0, most: 3600 }),
    labels: 150,
    threads,
  };
};

export const tokensOf = ({ rows, length }: StepWork): number => rows * length;

/**
 * Floating-point operations of a step's products with the encoder's weights: 2 a weight and token forward, twice that
 * backward. Attention's own products (5 % more at 128 tokens) are left out on both sides.
 */
export const stepOperations = (work: StepWork): number => 6 * 12 * work.layers * work.hidden ** 2 * tokensOf(work);

/** The step's weight products as [rows, inner, columns], forward and both gradients. */
export const productShapes = (work: StepWork): [number, number, number][] => {
  const [tokens, { hidden }] = [tokensOf(work), work];
  return [
    [tokens, hidden, hidden],
    [tokens, hidden, 4 * hidden],
    [tokens, 4 * hidden, hidden],
    [hidden, tokens, 4 * hidden],
  ];
};

export interface StepTimes {
  median: number;
  best: number;
}

/** What `step` asks its child process, as the one argument in JSON. */
export interface StepRequest {
  measure: 'step' | 'ceiling';
  /** ONNX Runtime's threads spin while they wait. */
  spin: boolean;
  work: StepWork;
}
