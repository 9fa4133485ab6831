import type { SessionOptions } from '@taxon/compute';
import { createRandom } from '@taxon/data';
import { headShapes, type EncoderConfig, type HeadConfig, type Weights } from '@taxon/models';
import type { LabelledTexts } from './fit.ts';
import type { ForwardPass } from './forward-pass.ts';
import { solveHead } from './head-solver.ts';
import type { ModelState } from './model-state.ts';
import { normal } from './normal.ts';
import type { Objective } from './objective.ts';
import { nameHead } from './name-head.ts';
import type { Recipe } from './recipe.ts';
import type { Reporter } from './reporter.ts';

/** BERT's own initializer_range. */
const standardDeviation = 0.02;

/** Gives `weights` the parameters of a fresh head: small random matrices, zero biases. A pooler that the folder had stays. */
export const initializeHead = (weights: Weights, encoder: EncoderConfig, head: HeadConfig, seed: number): void => {
  const random = createRandom(seed);
  for (const [name, shape] of Object.entries(headShapes(head, encoder))) {
    if (name.startsWith('pooler') && weights.parameters[name] !== undefined) continue;
    const size = shape.reduce((a, b) => a * b, 1);
    weights.parameters[name] =
      shape.length === 1
        ? new Float32Array(size)
        : Float32Array.from({ length: size }, () => standardDeviation * normal(random));
  }
};

/** Beyond this many texts more features change the solution little, and their matrix would fill the memory. */
const largestProblem = 50_000;

const evenlySpaced = (size: number, limit: number): number[] =>
  Array.from({ length: Math.min(size, limit) }, (_, i) => Math.floor((i * size) / Math.min(size, limit)));

/** A solved linear layer, and the loss of each text under it. */
export interface SolvedHead {
  weight: Float32Array;
  bias: Float32Array;
  losses: number[];
}

/** By all that they depend on. */
export type SolvedHeads = Map<string, SolvedHead>;

/** Everything in a recipe that the solved head depends on; the texts and the encoder are the same. */
export const headKey = ({ head, loss, data, hierarchy, adaptation, precision, optimizer }: Recipe): string =>
  JSON.stringify([head, loss, data.tasks, hierarchy, adaptation, precision, optimizer.freeze, optimizer.lora]);

export interface SolveOptions {
  recipe: Recipe;
  objective: Objective;
  session: SessionOptions;
  signal: AbortSignal;
  reporter: Reporter;
}

/** The linear layer in a state: weight [hidden, C], bias [C]. */
export const classifierOf = ({ memory: { tensors } }: ModelState) => ({
  weight: tensors['classifier.weight']!.value,
  bias: tensors['classifier.bias']!.value,
});

/** Features of some of the texts by the frozen encoder, [chosen, hidden]. */
const embed = async (
  state: ModelState,
  forward: ForwardPass,
  texts: LabelledTexts,
  chosen: readonly number[],
  { signal, reporter }: Pick<SolveOptions, 'signal' | 'reporter'>,
): Promise<Float32Array> => {
  reporter.stage('embed');
  const { ids, padId, maskId, types } = texts;
  const subset = {
    ids: chosen.map((i) => ids[i]!),
    padId,
    maskId,
    states: texts.states?.of(chosen),
    ...(types && { types: chosen.map((i) => types[i]) }),
  };
  const started = performance.now();
  const { features } = await forward.run(state, subset, {
    signal,
    onProgress: (done, tokens) =>
      reporter.progress('texts', done, chosen.length, {
        tokensPerSecond: (1000 * tokens) / (performance.now() - started),
      }),
  });
  return features;
};

/** Puts the linear layer into `state` whose logits are cosines to the texts `names`, which say what labels are called. */
export const nameStateHead = async (
  state: ModelState,
  forward: ForwardPass,
  texts: LabelledTexts,
  names: readonly number[],
  options: Pick<SolveOptions, 'signal' | 'reporter'>,
): Promise<void> => {
  const features = await embed(state, forward, texts, names, options);
  options.reporter.stage('head');
  const { weight, bias } = classifierOf(state);
  const targets = names.map((i) => texts.targets[i]!);
  weight.set(nameHead(features, targets, { size: state.encoder.hidden, outputs: bias.length }));
  bias.fill(0);
};

/**
 * Embeds the training texts with the frozen encoder and puts the solved linear layer into `state`.
 * @returns the loss of each text; the largest number for those that the problem left out
 */
export const solveStateHead = async (
  state: ModelState,
  forward: ForwardPass,
  texts: LabelledTexts,
  { recipe, objective, session, signal, reporter }: SolveOptions,
): Promise<number[]> => {
  const chosen = evenlySpaced(texts.ids.length, largestProblem);
  const features = await embed(state, forward, texts, chosen, { signal, reporter });
  reporter.stage('head');
  const targets = chosen.map((i) => texts.targets[i]!);
  const { l2, iterations } = recipe.head;
  const solved = await solveHead(
    { features, size: state.encoder.hidden, targets, objective },
    {
      l2,
      iterations,
      session,
      signal,
      onProgress: (done, loss) => reporter.progress('steps', done, iterations, { loss }),
    },
  );
  const { weight, bias } = classifierOf(state);
  weight.set(solved.weight);
  bias.set(solved.bias);
  const losses = Array.from(texts.ids, () => Number.MAX_VALUE);
  chosen.forEach((text, i) => (losses[text] = solved.losses[i]!));
  return losses;
};
