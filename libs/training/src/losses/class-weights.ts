/** `inverse`: 1/n. `square-root`: 1/√n. `effective-number`: (1 − β)/(1 − βⁿ) (Cui et al. 2019). */
export type ClassWeighting = 'inverse' | 'square-root' | 'effective-number';

const weightings: Record<ClassWeighting, (count: number, beta: number) => number> = {
  inverse: (count) => 1 / count,
  'square-root': (count) => 1 / Math.sqrt(count),
  // −expm1(n·log β) is 1 − βⁿ without what cancels in it; at β = 1 the limit is 1/n.
  'effective-number': (count, beta) => (beta === 1 ? 1 / count : (1 - beta) / -Math.expm1(count * Math.log(beta))),
};

/**
 * Weights of classes by how rare they are, whose mean over the texts is 1: the size of the loss, and with it the best learning
 * rate, stays what it was. A class without a text is weighted as one with a single text.
 * @param counts texts of each class
 * @param options `beta`: of the effective number, 0..1; the nearer to 1, the nearer to 1/n. @default 0.999
 * @returns [classes]
 */
export const classWeights = (
  counts: ArrayLike<number>,
  weighting: ClassWeighting,
  { beta = 0.999 }: { beta?: number } = {},
): Float32Array => {
  const raw = Array.from(counts, (count) => weightings[weighting](Math.max(1, count), beta));
  let [texts, total] = [0, 0];
  raw.forEach((weight, i) => {
    texts += counts[i]!;
    total += counts[i]! * weight;
  });
  const scale = total > 0 ? texts / total : 1;
  return Float32Array.from(raw, (weight) => weight * scale);
};

/**
 * Factors on the loss of the labels that a text has: texts without the label / texts with it, so that both sides weigh the same.
 * @param counts texts of each label
 * @param texts all texts
 * @param options `most`: no factor is larger, or a label of one text would be all that counts. @default 100
 * @returns [labels]
 */
export const positiveWeights = (
  counts: ArrayLike<number>,
  texts: number,
  { most = 100 }: { most?: number } = {},
): Float32Array => Float32Array.from(counts, (count) => Math.min(most, (texts - count) / Math.max(1, count)));
