import type { SessionOptions } from '@taxon/compute';
import { freshMaskedLanguageHead } from '@taxon/models';
import type { PackShape } from '@taxon/text';
import type { TokenizedTexts } from '../forward-pass.ts';
import type { ModelState } from '../model-state.ts';
import { rateFactor, type ScheduleOptions } from '../schedule.ts';
import { maskedBatch, maskedEpoch, placesPerBatch } from './masked-batch.ts';
import { createMaskedStep, forgetMoments, headMemory, type MaskedStepOptions } from './step.ts';
import type { MaskingVocabulary } from './vocabulary.ts';

/** One update, as the curves show it. */
export interface MaskedRecord {
  step: number;
  /** Fractional: 1.5 is half-way through the second epoch. */
  epoch: number;
  /** Mean loss of a hidden word, natural logarithm. */
  loss: number;
  learningRate: number;
}

export interface MaskedLanguageOptions extends ScheduleOptions, Omit<MaskedStepOptions, 'places'> {
  vocabulary: MaskingVocabulary;
  /** The encoder's own head. @default a fresh one */
  head?: Readonly<Record<string, Float32Array>>;
  /** Fractions work. */
  epochs: number;
  learningRate: number;
  /** Share of the tokens that are hidden, 0..1. */
  maskedShare: number;
  shape: PackShape;
  /** Batches whose gradients are summed before the weights move. */
  batchesPerUpdate: number;
  session: SessionOptions;
  signal?: AbortSignal;
  /** `done` and `total` count updates; `tokens` are this update's real ones. */
  onStep?: (record: MaskedRecord, tokens: number, done: number, total: number) => void;
}

/**
 * Goes on with an encoder's own training on unlabelled texts (Gururangan et al. 2020): hidden words are to be found. The encoder
 * and its tables in `state` learn, in place; its classifier stays as it is. Two runs with the same seed, texts, threads and
 * machine are equal to the bit.
 * @returns the masked-language head, by the names of `maskedLanguageShapes`, and the losses
 * @throws the signal's reason when it aborts, between two updates; `state` is then half adapted
 */
export const trainMaskedLanguage = async (
  state: ModelState,
  texts: TokenizedTexts,
  options: MaskedLanguageOptions,
): Promise<{ head: Record<string, Float32Array>; history: MaskedRecord[] }> => {
  const { epochs, learningRate, maskedShare: share, shape, batchesPerUpdate, session, signal, onStep } = options;
  const memory = headMemory(state, options.head ?? freshMaskedLanguageHead(state.encoder));
  const masking = { vocabulary: options.vocabulary, share, seed: options.seed, shape };
  const history: MaskedRecord[] = [];
  const step = await createMaskedStep(state, memory, { ...options, places: placesPerBatch(shape, share) }, session);
  try {
    for (let epoch = 0; epoch < epochs; epoch++) {
      const updates = maskedEpoch(texts, epoch, masking, batchesPerUpdate);
      const last = Math.ceil(updates.length * Math.min(1, epochs - epoch));
      for (const [index, plans] of updates.slice(0, last).entries()) {
        signal?.throwIfAborted();
        const position = epoch + (index + 0.5) / updates.length; // the middle of the update, as in fit.ts
        const rate = learningRate * rateFactor(position / epochs, options);
        const batches = plans.map((plan) => maskedBatch(plan, texts, epoch, masking));
        const loss = await step.run(batches, rate);
        const at = epoch + (index + 1) / updates.length;
        const record = { step: history.length + 1, epoch: at, loss, learningRate: rate };
        history.push(record);
        const tokens = batches.reduce((sum, batch) => sum + batch.tokens, 0);
        onStep?.(record, tokens, Math.round(at * updates.length), Math.ceil(epochs * updates.length));
      }
    }
  } finally {
    await step.dispose();
  }
  forgetMoments(state);
  const head = Object.fromEntries(Object.entries(memory.tensors).map(([name, { value }]) => [name, value]));
  return { head, history };
};
