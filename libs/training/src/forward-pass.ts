import { createSession, type FeedTensor, type SessionOptions } from '@taxon/compute';
import type { HeadConfig } from '@taxon/models';
import { fillBatch, planBatches, type BatchPlan, type PackedBatch, type PackShape } from '@taxon/text';
import type { FrozenStates } from './frozen-states.ts';
import { embedTokens, type ModelState, type Precision } from './model-state.ts';
import { compileForward, operatorsOf } from './programs.ts';

export interface TokenizedTexts {
  /** Ids of each text, special tokens included. */
  ids: readonly Int32Array[];
  padId: number;
  /** What the frozen first layers make of them, for passes and steps that begin behind these. */
  states?: FrozenStates;
  /** Token types of each text, undefined for all 0; absent where no text has any. */
  types?: readonly (Uint8Array | undefined)[];
  /** The token that a prompt head pools. */
  maskId?: number;
}

/** Lays the texts of a plan out. */
export const fillTexts = (
  plan: BatchPlan,
  { ids, padId, maskId, types }: TokenizedTexts,
  shape: PackShape,
  pooling: HeadConfig['pooling'],
): PackedBatch =>
  fillBatch(plan, (text) => ids[text]!, shape, {
    pooling,
    padId,
    maskId,
    ...(types && { types: (text) => types[text] }),
  });

export interface ForwardResult {
  /** [texts, hidden] what the linear layer sees. */
  features: Float32Array;
  /** [texts, classes] */
  logits: Float32Array;
}

export interface ForwardPass {
  /** Runs the current weights over texts, packed, results in the texts' order. */
  run(
    state: ModelState,
    texts: TokenizedTexts,
    options?: { signal?: AbortSignal; onProgress?: (texts: number, tokens: number) => void },
  ): Promise<ForwardResult>;
  dispose(): Promise<void>;
}

/** Longest texts first: first-fit-decreasing leaves the fewest holes, and order does not matter here. */
export const byLength = (lengths: ArrayLike<number>): number[] =>
  Array.from(lengths, (_, i) => i).sort((a, b) => lengths[b]! - lengths[a]! || a - b);

/** What a packed batch comes to: features [N, hidden] and logits [N, classes] of its slots. */
export interface SlotOutputs {
  features: Float32Array;
  logits: Float32Array;
}

/** A forward pass from a function of one packed batch, given anew for the weights of every run. */
export const packedForward = (
  { encoder, head }: ModelState,
  shape: PackShape,
  begin: (
    state: ModelState,
    texts: TokenizedTexts,
  ) => { forward: (batch: PackedBatch) => Promise<SlotOutputs>; end: () => void },
  dispose: () => Promise<void>,
): ForwardPass => ({
  async run(state, texts, { signal, onProgress } = {}) {
    const { ids } = texts;
    const lengths = Int32Array.from(ids, (text) => text.length);
    const features = new Float32Array(ids.length * encoder.hidden);
    const logits = new Float32Array(ids.length * head.classes);
    let done = 0;
    let tokens = 0;
    const { forward, end } = begin(state, texts);
    try {
      for (const plan of planBatches(lengths, byLength(lengths), shape)) {
        signal?.throwIfAborted();
        const batch = fillTexts(plan, texts, shape, head.pooling);
        const outputs = await forward(batch);
        const copy = (from: Float32Array, into: Float32Array, width: number): void =>
          batch.texts.forEach((text, i) => {
            const slot = batch.slots[i]!;
            into.set(from.subarray(slot * width, (slot + 1) * width), text * width);
          });
        copy(outputs.features, features, encoder.hidden);
        copy(outputs.logits, logits, head.classes);
        done += batch.texts.length;
        tokens += batch.tokens;
        onProgress?.(done, tokens);
      }
    } finally {
      end();
    }
    return { features, logits };
  },
  dispose,
});

export interface ForwardOptions {
  /** int8: faster, for features and scores that need not be exact. @default 'fp32' */
  precision?: Precision;
  /** Begins behind the frozen layers: for texts with the states that these make of them. @default false */
  fromStates?: boolean;
}

export const createForwardPass = async (
  state: ModelState,
  shape: PackShape,
  session: SessionOptions,
  { precision = 'fp32', fromStates = false }: ForwardOptions = {},
): Promise<ForwardPass> => {
  const { encoder, head, lora } = state;
  const program = await createSession(
    compileForward({
      encoder,
      head,
      shape,
      dropout: 0,
      operators: operatorsOf(session.device),
      int8: precision === 'int8' ? state.int8Weights : [],
      begin: fromStates ? state.freeze : 0,
      lora,
    }),
    session,
  );
  const { rows, length, slots } = shape;
  const embeddings: FeedTensor = {
    shape: [rows * length, encoder.hidden],
    data: new Float32Array(rows * length * encoder.hidden),
  };
  const begin: Parameters<typeof packedForward>[2] = (current, { states }) => {
    if (precision === 'int8') current.memory.quantize();
    return {
      async forward(batch) {
        if (!fromStates) embedTokens(current, batch, embeddings.data as Float32Array);
        else await states!.fill(batch, embeddings.data as Float32Array);
        const { features, logits } = await program.run({
          ...current.parameters,
          ...(precision === 'int8' ? current.int8 : {}),
          embeddings,
          segments: { shape: [rows, length], data: batch.segments },
          pool: { shape: [rows, slots, length], data: batch.pool },
        });
        return { features: features!.data as Float32Array, logits: logits!.data as Float32Array };
      },
      end: () => undefined,
    };
  };
  return packedForward(state, shape, begin, () => program.dispose());
};
