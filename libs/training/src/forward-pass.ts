import { createSession, type FeedTensor, type SessionOptions } from '@taxon/compute';
import { fillBatch, planBatches, type PackShape } from '@taxon/text';
import { embedTokens, type ModelState, type Precision } from './model-state.ts';
import { compileForward, operatorsOf } from './programs.ts';

export interface TokenizedTexts {
  /** Ids of each text, special tokens included. */
  ids: readonly Int32Array[];
  padId: number;
}

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
const byLength = (lengths: ArrayLike<number>): number[] =>
  Array.from(lengths, (_, i) => i).sort((a, b) => lengths[b]! - lengths[a]! || a - b);

/** @param precision int8: faster, for features that need not be exact; evaluations are fp32, as the saved model is */
export const createForwardPass = async (
  state: ModelState,
  shape: PackShape,
  session: SessionOptions,
  precision: Precision = 'fp32',
): Promise<ForwardPass> => {
  const { encoder, head } = state;
  const program = await createSession(
    compileForward({
      encoder,
      head,
      shape,
      dropout: 0,
      operators: operatorsOf(session.device),
      int8: precision === 'int8' ? state.int8Weights : [],
    }),
    session,
  );
  const { rows, length, slots } = shape;
  const embeddings: FeedTensor = {
    shape: [rows * length, encoder.hidden],
    data: new Float32Array(rows * length * encoder.hidden),
  };
  return {
    async run(current, { ids, padId }, { signal, onProgress } = {}) {
      if (precision === 'int8') current.memory.quantize();
      const lengths = Int32Array.from(ids, (text) => text.length);
      const features = new Float32Array(ids.length * encoder.hidden);
      const logits = new Float32Array(ids.length * head.classes);
      let texts = 0;
      let tokens = 0;
      for (const plan of planBatches(lengths, byLength(lengths), shape)) {
        signal?.throwIfAborted();
        const batch = fillBatch(plan, (text) => ids[text]!, shape, { pooling: head.pooling, padId });
        embedTokens(current, batch, embeddings.data as Float32Array);
        const outputs = await program.run({
          ...current.parameters,
          ...(precision === 'int8' ? current.int8 : {}),
          embeddings,
          segments: { shape: [rows, length], data: batch.segments },
          pool: { shape: [rows, slots, length], data: batch.pool },
        });
        const copy = (from: FeedTensor, into: Float32Array, width: number): void =>
          batch.texts.forEach((text, i) => {
            const slot = batch.slots[i]!;
            into.set((from.data as Float32Array).subarray(slot * width, (slot + 1) * width), text * width);
          });
        copy(outputs.features!, features, encoder.hidden);
        copy(outputs.logits!, logits, head.classes);
        texts += batch.texts.length;
        tokens += batch.tokens;
        onProgress?.(texts, tokens);
      }
      return { features, logits };
    },
    dispose: () => program.dispose(),
  };
};
