import { createSession, type SessionOptions } from '@taxon/compute';
import { bindWeights, traceServingProgram, type EncodedInput, type HeadConfig, type ModelFolder } from '@taxon/models';
import { chooseRowLength, fillBatch, loadTokenizer, planBatches, type PackedBatch, type PackShape } from '@taxon/text';

/** What is wanted of a teacher beside its logits. */
export interface Wanted {
  /** Its pooled features. */
  features: boolean;
  /** What its encoder computes on the way, by the names of `EncoderInputs.tap`. */
  taps: readonly string[];
}

export interface RunModelOptions {
  session: SessionOptions;
  signal: AbortSignal;
  /** Texts done and in all. */
  onProgress: (done: number, total: number) => void;
}

/** What a model made of one packed batch. */
export interface BatchOutputs {
  batch: PackedBatch;
  shape: PackShape;
  /** The program's output of a name; valid until the next batch. */
  outputs: (name: string) => Float32Array;
}

/** Positions of a native call: as many as fill the caches. */
const tokensPerCall = 1024;

const shapeFor = (ids: readonly Int32Array[]): PackShape => {
  const length = chooseRowLength(ids.reduce((most, text) => Math.max(most, text.length), 1));
  return { length, rows: Math.max(1, Math.floor(tokensPerCall / length)), slots: Math.max(1, Math.floor(length / 4)) };
};

/** Longest texts first: they leave the fewest holes. */
const byLength = (lengths: Int32Array): number[] =>
  Array.from(lengths, (_, i) => i).sort((a, b) => lengths[b]! - lengths[a]! || a - b);

/** Where each text of a batch stands: its row, and its first position there. */
export const placesOf = (
  { texts, slots, segments }: { texts: readonly number[]; slots: Int32Array; segments: Int32Array },
  { length, slots: perRow }: PackShape,
): { text: number; row: number; begin: number }[] =>
  texts.map((text, i) => {
    const row = Math.floor(slots[i]! / perRow);
    const begin = segments.subarray(row * length, (row + 1) * length).indexOf(slots[i]! % perRow);
    return { text, row, begin };
  });

/** Runs a model over texts in packed batches, and shows what it makes of each. */
export const runModel = async (
  model: ModelFolder & { head: HeadConfig },
  encoded: readonly EncodedInput[],
  { features, taps }: Wanted,
  { session, signal, onProgress }: RunModelOptions,
  visit: (outputs: BatchOutputs) => void,
): Promise<void> => {
  const { encoder, head, prompt } = model;
  const program = traceServingProgram(encoder, head, { taps, withFeatures: features });
  bindWeights(program, model.weights);
  const running = await createSession(program, session);
  try {
    const ids = encoded.map((text) => text.ids);
    const shape = shapeFor(ids);
    const { rows, length, slots } = shape;
    const { padId } = await loadTokenizer(model.encoderFolder);
    const types = (text: number): Uint8Array | undefined => encoded[text]!.types;
    const fill = { pooling: head.pooling, padId, maskId: prompt?.maskId, types };
    const lengths = Int32Array.from(ids, (text) => text.length);
    let done = 0;
    for (const plan of planBatches(lengths, byLength(lengths), shape)) {
      signal.throwIfAborted();
      const batch = fillBatch(plan, (text) => ids[text]!, shape, fill);
      const outputs = await running.run({
        ids: { data: batch.ids, shape: [length, rows] },
        ordinals: { data: batch.positions, shape: [length, rows] },
        tokenTypes: { data: batch.types!, shape: [length, rows] },
        segments: { data: batch.segments, shape: [rows, length] },
        pool: { data: batch.pool, shape: [rows, slots, length] },
      });
      visit({ batch, shape, outputs: (name) => outputs[name]!.data as Float32Array });
      done += batch.texts.length;
      onProgress(done, ids.length);
    }
  } finally {
    await running.dispose();
  }
};
