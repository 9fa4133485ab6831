import { createRandom, shuffle, type Random } from '@taxon/data';
import { fillBatch, planBatches, type BatchPlan, type PackedBatch, type PackShape } from '@taxon/text';
import type { TokenizedTexts } from '../forward-pass.ts';
import { maskText } from './masking.ts';
import type { MaskingVocabulary } from './vocabulary.ts';

/** A packed batch of texts with hidden words. K: places that a batch has room for; those left over weigh nothing. */
export interface MaskedBatch extends PackedBatch {
  /** [K] where hidden words stand among the batch's tokens. */
  places: Int32Array;
  /** [K] the words. */
  targets: Int32Array;
  /** [K] 1 where a place is used. */
  weights: Float32Array;
  /** Places used. */
  hidden: number;
}

/** Room for hidden words: batches differ, and what a batch has too many of stays in sight. */
export const placesPerBatch = ({ rows, length }: PackShape, share: number): number =>
  Math.min(rows * length, Math.ceil(1.25 * share * rows * length) + 8);

/** The seed of one text's draw in one epoch: the same whatever order the texts come in. */
const drawFor = (seed: number, epoch: number, text: number): Random =>
  createRandom(Math.imul(seed + 1, 0x9e3779b1) ^ Math.imul(epoch + 1, 0x85ebca6b) ^ Math.imul(text + 1, 0xc2b2ae35));

export interface MaskingOptions {
  vocabulary: MaskingVocabulary;
  share: number;
  seed: number;
  shape: PackShape;
}

/** Lays the texts of a plan out, with words hidden as this epoch draws them. */
export const maskedBatch = (
  plan: BatchPlan,
  { ids, padId, types }: TokenizedTexts,
  epoch: number,
  { vocabulary, share, seed, shape }: MaskingOptions,
): MaskedBatch => {
  const room = placesPerBatch(shape, share);
  const masked = new Map(
    plan.texts.map((text) => [text, maskText(ids[text]!, share, vocabulary, drawFor(seed, epoch, text))] as const),
  );
  const [places, targets] = [new Int32Array(room), new Int32Array(room)];
  const used = new Int32Array(shape.rows);
  let hidden = 0;
  plan.texts.forEach((text, i) => {
    const row = plan.rows[i]!;
    const one = masked.get(text)!;
    one.places.forEach((place, j) => {
      if (hidden === room) one.ids[place] = one.targets[j]!;
      else {
        places[hidden] = (used[row]! + place) * shape.rows + row;
        targets[hidden++] = one.targets[j]!;
      }
    });
    used[row]! += one.ids.length;
  });
  const fill = { pooling: 'cls' as const, padId, ...(types && { types: (text: number) => types[text] }) };
  const weights = new Float32Array(room).fill(1, 0, hidden);
  return { ...fillBatch(plan, (text) => masked.get(text)!.ids, shape, fill), places, targets, weights, hidden };
};

/** Batches of one epoch, grouped by update: a pure function of the texts, the seed and the epoch. */
export const maskedEpoch = (
  texts: TokenizedTexts,
  epoch: number,
  { seed, shape }: Pick<MaskingOptions, 'seed' | 'shape'>,
  batchesPerUpdate: number,
): BatchPlan[][] => {
  const order = shuffle([...texts.ids.keys()], createRandom(seed * 65_537 + epoch + 1)); // as in fit.ts
  const plans = planBatches(
    texts.ids.map((ids) => ids.length),
    order,
    shape,
  );
  return Array.from({ length: Math.ceil(plans.length / batchesPerUpdate) }, (_, i) =>
    plans.slice(i * batchesPerUpdate, (i + 1) * batchesPerUpdate),
  );
};
