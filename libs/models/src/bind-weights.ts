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

/** Turns the inputs of a program that stand for numbers into constants of it, in place. */
export const bindNumbers = (
  { graph }: Program,
  numbers: Readonly<Record<string, Float32Array | Int8Array | undefined>>,
): void => {
  const read = new Set(graph.nodes.flatMap(({ inputs }) => inputs));
  for (const { name, shape } of graph.inputs) {
    const data = numbers[name];
    const dtype = data instanceof Int8Array ? 'int8' : 'float32';
    if (data && read.has(name)) graph.initializers.push({ name, dtype, shape: shape as number[], data });
  }
  graph.inputs = graph.inputs.filter(({ name }) => numbers[name] === undefined);
};

/** The same of a model's weights. */
export const bindWeights = (program: Program, { parameters, ...tables }: Weights): void =>
  bindNumbers(program, { ...parameters, ...tables });
