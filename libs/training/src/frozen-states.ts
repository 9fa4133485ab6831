import { createSession, type FeedTensor, type SessionOptions } from '@taxon/compute';
import { planBatches, type PackedBatch, type PackShape } from '@taxon/text';
import { byLength, fillTexts, type TokenizedTexts } from './forward-pass.ts';
import { embedTokens, type ModelState, type Precision } from './model-state.ts';
import { compileStates } from './programs.ts';

// Frozen layers make the same of a text in every epoch: their outputs are computed once and kept, and training begins behind
// them. Dropout within them is off, or they would not be the same.

/** Where the states come from that go into the first layer that learns. */
export interface FrozenStates {
  /** Those of a packed batch of the texts, into `into` [T, H]; 0 at padding. */
  fill(batch: PackedBatch, into: Float32Array): Promise<void>;
  /** Those of some of the texts, which are then counted from 0. */
  of(texts: readonly number[]): FrozenStates;
}

/** What is kept in memory at most, bytes; beyond that the frozen layers compute every batch anew. */
export const largestCache = 2 * 2 ** 30;

/** Bytes that the states of texts take. */
export const cacheBytes = (texts: readonly TokenizedTexts[], hidden: number): number =>
  4 * hidden * texts.reduce((sum, { ids }) => sum + ids.reduce((tokens, text) => tokens + text.length, 0), 0);

export interface FrozenLayers {
  /** Computes the states of all texts, and keeps them. */
  keep(
    texts: TokenizedTexts,
    options?: { signal?: AbortSignal; onProgress?: (texts: number, tokens: number) => void },
  ): Promise<FrozenStates>;
  /** Computes the states of every batch when they are asked for. */
  onDemand(): FrozenStates;
  dispose(): Promise<void>;
}

/** Goes over the real tokens of a batch. */
const eachToken = (
  { ids, segments, slots, texts, positions }: PackedBatch,
  { rows, length, slots: perRow }: PackShape,
  visit: (token: number, text: number | undefined, position: number) => void,
): void => {
  const textAt = new Map(texts.map((text, i) => [slots[i]!, text]));
  for (let token = 0; token < ids.length; token++) {
    const row = token % rows;
    const segment = segments[row * length + Math.floor(token / rows)]!;
    visit(token, segment < 0 ? undefined : textAt.get(row * perRow + segment), positions[token]!);
  }
};

/**
 * The first `state.freeze` layers of a model, with its embeddings.
 * @param precision int8: their products in 8 bits
 */
export const createFrozenLayers = async (
  state: ModelState,
  shape: PackShape,
  session: SessionOptions,
  precision: Precision,
): Promise<FrozenLayers> => {
  const { encoder, head, freeze: end } = state;
  const { hidden } = encoder;
  const int8 = precision === 'int8' ? state.int8Weights : [];
  const program = await createSession(compileStates({ encoder, head, shape, int8, end }), session);
  if (precision === 'int8') state.memory.quantize();
  const size = [shape.rows * shape.length, hidden];
  const embeddings: FeedTensor = { shape: size, data: new Float32Array(size[0]! * hidden) };

  const compute = async (batch: PackedBatch, into: Float32Array): Promise<void> => {
    embedTokens(state, batch, embeddings.data as Float32Array);
    const segments = { shape: [shape.rows, shape.length], data: batch.segments };
    const feeds = { ...state.parameters, ...(precision === 'int8' ? state.int8 : {}), embeddings, segments };
    await program.run(feeds, { states: { shape: size, data: into } });
    eachToken(batch, shape, (token, text) => {
      if (text === undefined) into.fill(0, token * hidden, (token + 1) * hidden);
    });
  };
  const onDemand = (): FrozenStates => ({ fill: compute, of: onDemand });

  return {
    async keep(all, { signal, onProgress } = {}) {
      const { ids } = all;
      const begins = new Float64Array(ids.length + 1); // in tokens
      ids.forEach((text, i) => (begins[i + 1] = begins[i]! + text.length));
      const kept = new Float32Array(begins.at(-1)! * hidden);
      const states = new Float32Array(size[0]! * hidden);
      const lengths = Int32Array.from(ids, (text) => text.length);
      let texts = 0;
      let tokens = 0;
      for (const plan of planBatches(lengths, byLength(lengths), shape)) {
        signal?.throwIfAborted();
        const batch = fillTexts(plan, all, shape, head.pooling);
        await compute(batch, states);
        eachToken(batch, shape, (token, text, position) => {
          if (text !== undefined)
            kept.set(states.subarray(token * hidden, (token + 1) * hidden), (begins[text]! + position) * hidden);
        });
        texts += batch.texts.length;
        tokens += batch.tokens;
        onProgress?.(texts, tokens);
      }
      return keptStates(kept, begins, shape, hidden);
    },
    onDemand,
    dispose: () => program.dispose(),
  };
};

/** @param kept [tokens, H] the states of one text after another @param begins first token of each text */
const keptStates = (kept: Float32Array, begins: Float64Array, shape: PackShape, hidden: number): FrozenStates => ({
  fill(batch, into) {
    eachToken(batch, shape, (token, text, position) => {
      const at = token * hidden;
      if (text === undefined) into.fill(0, at, at + hidden);
      else {
        const from = (begins[text]! + position) * hidden;
        into.set(kept.subarray(from, from + hidden), at);
      }
    });
    return Promise.resolve();
  },
  of: (texts) =>
    keptStates(
      kept,
      Float64Array.from(texts, (text) => begins[text]!),
      shape,
      hidden,
    ),
});
