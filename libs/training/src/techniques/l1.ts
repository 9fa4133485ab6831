/** Towards 0 by `threshold`, and no further: the proximal step of threshold·|θ|, which makes weights exactly 0. In place. */
export const softThreshold = (values: Float32Array, threshold: number): void => {
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    values[i] = Math.abs(value) <= threshold ? 0 : value - Math.sign(value) * threshold;
  }
};

/**
 * L1 regularisation after an update, beside the moments as AdamW's decay is: every matrix is thresholded by rate·λ; biases and
 * normalisations are left alone.
 * @param parameters changed in place
 * @param rateOf the learning rate of a parameter, after schedule and layer-wise decay
 */
export const applyL1 = (
  parameters: Readonly<Record<string, Float32Array>>,
  shapes: Readonly<Record<string, readonly number[]>>,
  rateOf: (name: string) => number,
  lambda: number,
): void => {
  for (const [name, values] of Object.entries(parameters))
    if (shapes[name]!.length > 1) softThreshold(values, rateOf(name) * lambda);
};
