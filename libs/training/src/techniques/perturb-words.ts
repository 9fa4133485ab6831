import type { PackedBatch, PackShape } from '@taxon/text';
import { tokenSlots } from './packed-texts.ts';

export interface PerturbedWords {
  /** [vocabulary, H] word embeddings, changed in place until `restore` */
  words: Float32Array;
  /** [T, H] of the loss by the embeddings of the batch's tokens */
  gradient: Float32Array;
  batch: PackedBatch;
  shape: PackShape;
}

export interface AwpOptions {
  /** Length of the step, as a share of the norm of the batch's word rows. */
  rate: number;
  /** No weight moves by more than this share of itself. */
  epsilon: number;
}

/** Σ of the gradients of a word's tokens, by word. */
const rowGradients = ({ gradient, batch, shape }: PerturbedWords, hidden: number): Map<number, Float64Array> => {
  const rows = new Map<number, Float64Array>();
  tokenSlots(batch, shape).forEach((slot, token) => {
    if (slot < 0) return;
    const word = batch.ids[token]!;
    const sum = rows.get(word) ?? new Float64Array(hidden);
    for (let i = 0; i < hidden; i++) sum[i]! += gradient[token * hidden + i]!;
    rows.set(word, sum);
  });
  return rows;
};

/**
 * AWP (Wu et al. 2020) on the words of a batch: the matrix of their rows moves by `rate`·‖W‖·G/‖G‖, each weight by at most
 * ε·|w|. The step that follows reads the moved rows; the update is for the rows as they were.
 * @returns puts the rows back
 */
export const perturbWords = (perturbed: PerturbedWords, { rate, epsilon }: AwpOptions): (() => void) => {
  const { words, gradient, shape } = perturbed;
  const hidden = gradient.length / (shape.rows * shape.length);
  const rows = rowGradients(perturbed, hidden);
  let [weightSquares, gradientSquares] = [0, 0];
  for (const [word, row] of rows)
    for (let i = 0; i < hidden; i++) {
      weightSquares += words[word * hidden + i]! ** 2;
      gradientSquares += row[i]! ** 2;
    }
  const factor = gradientSquares === 0 ? 0 : rate * Math.sqrt(weightSquares / gradientSquares);
  const before = new Map(Array.from(rows.keys(), (word) => [word, words.slice(word * hidden, (word + 1) * hidden)]));
  for (const [word, row] of rows)
    for (let i = 0; i < hidden; i++) {
      const most = epsilon * Math.abs(words[word * hidden + i]!);
      words[word * hidden + i]! += Math.min(most, Math.max(-most, factor * row[i]!));
    }
  return () => {
    for (const [word, row] of before) words.set(row, word * hidden);
  };
};
