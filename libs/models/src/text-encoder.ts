import { createSession, type Session } from '@taxon/compute';
import { TaxonError } from '@taxon/errors';
import { fillBatch, loadTokenizer, planBatches, type PackShape, type PackedBatch, type Tokenizer } from '@taxon/text';
import { bindWeights } from './bind-weights.ts';
import { tokenBudget } from './classifier-engine.ts';
import { chooseShape, trim } from './pack-shape.ts';
import { readModelSource } from './describe-model-folder.ts';
import { traceEmbeddingProgram, traceMaskProgram } from './encoder-programs.ts';
import { resolveEncoder } from './encoder-source/resolve-encoder.ts';
import { readWeights } from './load-model-folder.ts';
import { readMaskedLanguageHead } from './read-masked-language-head.ts';

/** A word that may stand at a mask. */
export interface MaskFill {
  /** Token id. */
  id: number;
  logit: number;
}

interface CallOptions {
  signal?: AbortSignal;
}

/** An encoder that reads texts, on the thread that calls it; native calls of about 1,024 tokens hold it. */
export interface TextEncoder {
  readonly folder: string;
  readonly tokenizer: Tokenizer;
  /** Embeddings of length 1, [hidden] each, in the order of the texts. Longer texts are cut. */
  embed(texts: readonly string[], options?: CallOptions): Promise<Float32Array[]>;
  /**
   * The likeliest words at the first mask token of each text, best first; none where the mask was cut off.
   * @throws TaxonError `failed_precondition` where the encoder has no masked-language head, or no mask
   */
  fillMasks(texts: readonly string[], top: number, options?: CallOptions): Promise<MaskFill[][]>;
  /** @throws as `fillMasks` does, before any text */
  expectMaskedLanguageHead(): Promise<void>;
  dispose(): Promise<void>;
}

/** The best `top` of a row of logits. */
const best = (row: Float32Array, top: number): MaskFill[] => {
  const found: MaskFill[] = [];
  row.forEach((logit, id) => {
    if (found.length === top && logit <= found[top - 1]!.logit) return;
    let at = found.length;
    while (at > 0 && found[at - 1]!.logit < logit) at--;
    found.splice(at, 0, { id, logit });
    if (found.length > top) found.pop();
  });
  return found;
};

/** Places of texts, longest first, in lots that a native call holds. */
function* lots(lengths: readonly number[]): Generator<number[]> {
  const order = [...lengths.keys()].sort((a, b) => lengths[b]! - lengths[a]! || a - b);
  let [lot, tokens] = [[] as number[], 0];
  for (const place of order) {
    if (lot.length > 0 && tokens + lengths[place]! > tokenBudget) {
      yield lot;
      [lot, tokens] = [[], 0];
    }
    lot.push(place);
    tokens += lengths[place]!;
  }
  if (lot.length > 0) yield lot;
}

const int32 = (data: Int32Array, ...shape: number[]) => ({ data, shape });

/** What every program reads of a batch. */
const textFeeds = (batch: PackedBatch, { rows, length }: PackShape) => ({
  ids: int32(batch.ids, length, rows),
  ordinals: int32(batch.positions, length, rows),
  tokenTypes: int32(batch.types ?? new Int32Array(rows * length), length, rows),
  segments: int32(batch.segments, rows, length),
});

const noHead = (name: string): TaxonError =>
  new TaxonError({
    code: 'failed_precondition',
    message: `the encoder ${name} has no masked-language head (cls.predictions.* in its model.safetensors)`,
    hint: 'Sentence encoders have mostly lost it. Take one that kept it, such as bert-base-uncased.',
  });

/**
 * Opens an encoder by folder or name, fetching it if need be. Programs are made when they are first asked for.
 * @throws TaxonError as `resolveEncoder` and `loadModelFolder` do
 */
export const loadTextEncoder = async (
  nameOrFolder: string,
  { threads = 0, signal }: { threads?: number; signal?: AbortSignal } = {},
): Promise<TextEncoder> => {
  const folder = await resolveEncoder(nameOrFolder, { signal });
  const source = await readModelSource(folder);
  const { encoder, encoderFolder, pooling, maxLength } = source.description;
  const [weights, tokenizer] = await Promise.all([readWeights(source), loadTokenizer(encoderFolder)]);
  let embedding: Promise<Session> | undefined;
  let masks: Promise<Session> | undefined;

  const openEmbedding = (): Promise<Session> => {
    const program = traceEmbeddingProgram(encoder, pooling);
    bindWeights(program, weights);
    return createSession(program, { threads });
  };
  const openMasks = async (): Promise<Session> => {
    if (tokenizer.mask === undefined) throw noHead(nameOrFolder);
    const head = await readMaskedLanguageHead(encoderFolder, encoder);
    if (head === undefined) throw noHead(nameOrFolder);
    const program = traceMaskProgram(encoder);
    bindWeights(program, { ...weights, parameters: { ...weights.parameters, ...head } });
    return createSession(program, { threads });
  };
  /** Runs `use` on batches that hold every text once; `places` are those of the batch's texts. */
  const inBatches = async (
    texts: readonly string[],
    call: CallOptions,
    use: (batch: PackedBatch, shape: PackShape, places: readonly number[]) => Promise<void>,
  ): Promise<void> => {
    const ids = texts.map((text) => {
      const own = tokenizer.encode(text, { maxLength });
      return own.length > 0 ? own : Int32Array.of(tokenizer.padId);
    });
    for (const lot of lots(ids.map(({ length }) => length))) {
      let left = lot;
      while (left.length > 0) {
        call.signal?.throwIfAborted();
        const lengths = left.map((place) => ids[place]!.length);
        const roomy = chooseShape(lengths);
        const [plan] = planBatches(lengths, lengths.keys(), roomy);
        const shape = trim(plan!.rows, roomy);
        const own = left;
        const fill = { pooling, padId: tokenizer.padId, types: () => undefined };
        const batch = fillBatch(plan!, (text) => ids[own[text]!]!, shape, fill);
        await use(batch, shape, own);
        const done = new Set(batch.texts);
        left = own.filter((_, i) => !done.has(i));
      }
    }
  };

  return {
    folder,
    tokenizer,
    async embed(texts, call = {}) {
      const session = await (embedding ??= openEmbedding());
      const found = new Array<Float32Array>(texts.length);
      await inBatches(texts, call, async (batch, shape, places) => {
        const { rows, length, slots } = shape;
        const pool = { data: batch.pool, shape: [rows, slots, length] };
        const { embeddings } = await session.run({ ...textFeeds(batch, shape), pool });
        const data = embeddings!.data as Float32Array;
        const size = encoder.hidden;
        batch.texts.forEach((text, i) => {
          const slot = batch.slots[i]!;
          found[places[text]!] = data.slice(slot * size, (slot + 1) * size);
        });
      });
      return found;
    },
    async fillMasks(texts, top, call = {}) {
      const session = await (masks ??= openMasks());
      const found: MaskFill[][] = texts.map(() => []);
      const maskId = tokenizer.mask!.id;
      await inBatches(texts, call, async (batch, shape, places) => {
        const { rows, length, slots } = shape;
        const placeOfSlot = new Map(batch.texts.map((text, i) => [batch.slots[i]!, places[text]!]));
        const at: number[] = [];
        const of: number[] = [];
        batch.ids.forEach((id, i) => {
          if (id !== maskId) return;
          const [position, row] = [Math.floor(i / rows), i % rows];
          const place = placeOfSlot.get(row * slots + batch.segments[row * length + position]!)!;
          if (of.includes(place)) return; // the first mask of a text is the one
          at.push(i);
          of.push(place);
        });
        if (at.length === 0) return;
        const { logits } = await session.run({
          ...textFeeds(batch, shape),
          places: int32(Int32Array.from(at), at.length),
        });
        const data = logits!.data as Float32Array;
        const size = encoder.vocabulary;
        of.forEach((place, i) => (found[place] = best(data.subarray(i * size, (i + 1) * size), top)));
      });
      return found;
    },
    async expectMaskedLanguageHead() {
      await (masks ??= openMasks());
    },
    async dispose() {
      for (const session of [embedding, masks]) await (await session?.catch(() => undefined))?.dispose();
    },
  };
};
