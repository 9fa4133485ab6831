import type { Program, Signature } from '@taxon/compute';
import type { EncoderConfig } from './encoder-config.ts';
import type { HeadConfig } from './head.ts';
import { parameterShapes, type Weights } from './weights.ts';

/** Shape of everything that a model consists of: its tables and its parameters. */
export const weightShapes = (config: EncoderConfig, head: HeadConfig): Record<string, number[]> => ({
  words: [config.vocabulary, config.hidden],
  positions: [config.positions, config.hidden],
  types: [config.types, config.hidden],
  ...parameterShapes(config, head),
});

/** Weights as inputs of a program that is being traced; `bindWeights` makes them part of it. */
export const weightSignature = (config: EncoderConfig, head: HeadConfig): Signature =>
  Object.fromEntries(Object.entries(weightShapes(config, head)).map(([name, shape]) => [name, { shape }]));

/**
 * Turns the inputs that stand for weights into constants of the program, in place. Tracing needs shapes alone, so a
 * program can be traced while its weights are still being read.
 */
export const bindWeights = ({ graph }: Program, { parameters, ...tables }: Weights): void => {
  const numbers: Record<string, Float32Array> = { ...parameters, ...tables };
  for (const { name, shape } of graph.inputs) {
    const data = numbers[name];
    if (data) graph.initializers.push({ name, dtype: 'float32', shape: shape as number[], data });
  }
  graph.inputs = graph.inputs.filter(({ name }) => numbers[name] === undefined);
};
