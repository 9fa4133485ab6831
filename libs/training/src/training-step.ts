import { createInPlaceSession, createSession, dropoutKey, type FeedTensor, type SessionOptions } from '@taxon/compute';
import type { PackedBatch, PackShape } from '@taxon/text';
import type { AdamWOptions } from './adamw.ts';
import { attack, type AdversarialOptions, type Attacked } from './adversary.ts';
import { collectGarbage } from './collect-garbage.ts';
import { asExtra, type ExtraLoss } from './extra-loss.ts';
import type { FrozenStates } from './frozen-states.ts';
import { addRowGradients, rateShare, tableGradients, updateOnHost } from './host-update.ts';
import { embedTokens, type ModelState } from './model-state.ts';
import { objectiveOf, writeTargets, type Objective, type TextTargets } from './objective.ts';
import { compileGradients, gradientName, sumName, targetShapes, type ProgramOptions } from './programs.ts';
import { applyL1 } from './techniques/l1.ts';

export interface StepOptions {
  shape: PackShape;
  adamw: AdamWOptions;
  layerDecay: number;
  /** Largest gradient norm; 0 for no clipping. */
  clipNorm: number;
  dropout: number;
  seed: number;
  /** @default cross-entropy over the head's classes */
  objective?: Objective;
  /** In fp32, although the state has int8 forms. @default false */
  exact?: boolean;
  /** Updates from several batches; their gradients are summed in the graph. @default false */
  accumulate?: boolean;
  recompute?: ProgramOptions['recompute'];
  /** Of the texts that the step learns from, where the first layers are frozen. */
  states?: FrozenStates;
  /** Every batch is learnt a second time with moved embeddings; needs `accumulate`. @default none */
  adversarial?: AdversarialOptions;
  /** Matrices are drawn towards 0 by learning rate times this. @default 0 */
  l1?: number;
  /** A further term of the loss. */
  extra?: ExtraLoss;
}

export interface LabelledBatch extends PackedBatch {
  /** Of each text of the batch. */
  targets: readonly TextTargets[];
}

export interface StepResult {
  /** Mean loss of the step's texts. */
  loss: number;
  /** Loss of every text of every batch, before the update. */
  losses: readonly Float32Array[];
  /** Norm of the whole gradient before clipping. */
  gradientNorm: number;
}

/** One update: its batches, and the learning rate after schedule. */
export interface Update {
  batches: readonly LabelledBatch[];
  learningRate: number;
}

export interface TrainingStep {
  /** One update of the state from one batch, or from several whose gradients are summed. */
  run(batches: readonly LabelledBatch[], learningRate: number): Promise<StepResult>;
  /** Several updates, `updatesPerCall` a native call; absent where a call is one update. */
  runAll?: (updates: readonly Update[]) => Promise<StepResult[]>;
  /** How many updates `runAll` takes best. @default 1 */
  readonly updatesPerCall?: number;
  /**
   * Brings the host's state (values and moments of the parameters and the embedding tables) up to date; needed before it is
   * evaluated, saved or read. Nothing to do for a step whose state lives on the host.
   */
  sync(): Promise<void>;
  dispose(): Promise<void>;
}

/** Targets of a batch by slot, [N, C], and which groups of them count, [N, G]. */
export const slotFeeds = (
  batch: LabelledBatch,
  slots: number,
  objective: Objective,
): Record<'targets' | 'known', { shape: [number, number]; data: Float32Array }> => {
  const shapes = targetShapes(slots, objective);
  const empty = ([rows, columns]: [number, number]): Float32Array => new Float32Array(rows * columns);
  const [targets, known] = [empty(shapes.targets), empty(shapes.known)];
  batch.slots.forEach((slot, i) => writeTargets(batch.targets[i]!, slot, targets, known, objective));
  return { targets: { shape: shapes.targets, data: targets }, known: { shape: shapes.known, data: known } };
};

export const createTrainingStep = async (
  state: ModelState,
  options: StepOptions,
  session: SessionOptions,
): Promise<TrainingStep> => {
  const { shape, dropout, seed, recompute, accumulate = false, exact = false } = options;
  const { encoder, head, memory, tables, shapes, lora } = state;
  const { l1 = 0, extra } = options;
  const objective = objectiveOf({ ...options, head });
  const begin = options.states === undefined ? 0 : state.freeze;
  const int8 = exact ? [] : state.int8Weights;
  const trained = [...state.trained];
  const what = { encoder, head, shape, dropout, recompute, int8, objective, lora, extra };
  const program = await createInPlaceSession(compileGradients({ ...what, accumulate, begin, trained }), session);
  const adversarial = options.adversarial?.kind === 'none' ? undefined : options.adversarial;
  // A climb of PGD needs the embeddings' gradient alone: no product of the weights' gradients is computed for it.
  const climbing =
    adversarial?.kind === 'pgd' && adversarial.steps > 1
      ? await createSession(compileGradients({ ...what, trained: ['words'] }), session)
      : undefined;
  memory.quantize();
  collectGarbage();
  const size = [shape.rows * shape.length, encoder.hidden];
  const embeddings = { shape: size, data: new Float32Array(size[0]! * size[1]!) };
  const dEmbeddings = { shape: size, data: new Float32Array(embeddings.data.length) };
  const learning = Object.keys(shapes).filter((name) => state.trained.has(name));
  const tablesLearn = state.trained.has('words');
  const named = (nameOf: (name: string) => string): Record<string, FeedTensor> =>
    Object.fromEntries(
      learning.map((name) => [nameOf(name), { shape: shapes[name]!, data: memory.tensors[name]!.gradient }]),
    );
  const slots = shape.rows * shape.slots;
  const slotLosses = { shape: [slots], data: new Float32Array(slots) };
  const results = {
    losses: slotLosses,
    ...(tablesLearn ? { [gradientName('embeddings')]: dEmbeddings } : {}),
    ...named(gradientName),
  };
  // Read and written in the same place: the last node on the way to each sum reads an element just before it writes it.
  const sums = accumulate ? named(sumName) : {};
  const rows = tableGradients(state);

  /** Forward and backward of one batch, its gradient added to that of the batches before; the loss of each text. */
  const backward = async (batch: LabelledBatch, index: number, count: number): Promise<Float32Array> => {
    if (options.states === undefined) embedTokens(state, batch, embeddings.data);
    else await options.states.fill(batch, embeddings.data);
    const feeds: Record<string, FeedTensor> = {
      ...state.parameters,
      ...(exact ? {} : state.int8),
      ...sums,
      ...slotFeeds(batch, slots, objective),
      embeddings,
      segments: { shape: [shape.rows, shape.length], data: batch.segments },
      pool: { shape: [shape.rows, shape.slots, shape.length], data: batch.pool },
      count: { shape: [], data: Float32Array.of(count) },
      ...asExtra(extra?.feeds(batch, shape) ?? {}),
    };
    if (dropout > 0) feeds.dropoutKey = { shape: [], data: Int32Array.of(dropoutKey(seed, state.step, index)) };
    const learn = async (): Promise<void> => {
      await program.run(feeds, results);
      if (tablesLearn) addRowGradients(batch, dEmbeddings.data, rows, shape, encoder.hidden);
    };
    await learn();
    const losses = Float32Array.from(batch.slots, (slot) => slotLosses.data[slot]!);
    if (adversarial !== undefined) {
      const inputs = Object.fromEntries(Object.entries(feeds).filter(([name]) => sums[name] === undefined));
      const attacked: Attacked = {
        ...{ batch, shape, embeddings: embeddings.data, gradient: dEmbeddings.data, words: tables.words.values },
        embed: () => embedTokens(state, batch, embeddings.data),
        async climb() {
          const outputs = await climbing!.run(inputs);
          dEmbeddings.data.set(outputs[gradientName('embeddings')]!.data);
        },
      };
      const restore = await attack(attacked, adversarial);
      await learn();
      restore();
    }
    return losses;
  };

  const update = (learningRate: number): number => {
    state.step += 1;
    const gradientNorm = updateOnHost(state, { memories: [memory], names: learning, rows }, options, {
      learningRate,
      step: state.step,
    });
    if (l1 > 0) {
      const values = Object.fromEntries(learning.map((name) => [name, memory.tensors[name]!.value]));
      applyL1(values, shapes, (name) => learningRate * rateShare(name, state, options), l1);
      memory.quantize();
    }
    return gradientNorm;
  };

  return {
    async run(batches, learningRate) {
      const count = batches.reduce((sum, { texts }) => sum + texts.length, 0);
      if (!accumulate && batches.length > 1)
        throw new RangeError(`${batches.length} batches an update: the step was made for one (accumulate is off)`);
      if (accumulate) for (const { gradient } of Object.values(memory.tensors)) gradient.fill(0);
      const losses: Float32Array[] = [];
      for (const [index, batch] of batches.entries()) losses.push(await backward(batch, index, count));
      const loss = losses.reduce((total, batch) => batch.reduce((sum, value) => sum + value, total), 0) / count;
      return { loss, losses, gradientNorm: update(learningRate) };
    },
    sync: () => Promise.resolve(),
    async dispose() {
      await program.dispose();
      await climbing?.dispose();
    },
  };
};
