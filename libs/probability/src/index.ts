/** Logistic function without overflow: 1 / (1 + e⁻ᶻ). */
export const sigmoid = (z: number): number => {
  if (z >= 0) return 1 / (1 + Math.exp(-z));
  const power = Math.exp(z);
  return power / (1 + power);
};

/** log(1 + eᶻ) without overflow. */
export const softplus = (z: number): number => Math.max(z, 0) + Math.log1p(Math.exp(-Math.abs(z)));

/** Sigmoids of logits at a temperature: [texts, labels] */
export const sigmoids = (logits: Float32Array, temperature = 1): Float32Array => {
  const probabilities = new Float32Array(logits.length);
  for (let i = 0; i < logits.length; i++) probabilities[i] = sigmoid(logits[i]! / temperature);
  return probabilities;
};

/** log Σ exp of a row, and the row's largest value, in double precision. */
export const logSumExp = (row: Float32Array | Float64Array, inverseTemperature = 1): number => {
  let largest = -Infinity;
  for (const z of row) largest = Math.max(largest, z);
  if (!Number.isFinite(largest)) return largest * inverseTemperature;
  let sum = 0;
  for (const z of row) sum += Math.exp((z - largest) * inverseTemperature);
  return largest * inverseTemperature + Math.log(sum);
};

/** Softmax of every row at a temperature: [texts, labels] */
export const softmaxes = (logits: Float32Array, classes: number, temperature = 1): Float32Array => {
  const probabilities = new Float32Array(logits.length);
  for (let begin = 0; classes > 0 && begin < logits.length; begin += classes) {
    const row = logits.subarray(begin, begin + classes);
    const largest = row[indexOfLargest(row)]!;
    let sum = 0;
    for (let i = 0; i < classes; i++) sum += probabilities[begin + i] = Math.exp((row[i]! - largest) / temperature);
    for (let i = 0; i < classes; i++) probabilities[begin + i]! /= sum;
  }
  return probabilities;
};

/** Index of the largest value, the first of equal ones; 0 for an empty row. */
export const indexOfLargest = (row: ArrayLike<number>): number => {
  let best = 0;
  for (let i = 1; i < row.length; i++) if (row[i]! > row[best]!) best = i;
  return best;
};
