// The learning-rate range test (Smith 2017): the rate grows from update to update, and the loss says where it is best.

/** One update of the test. */
export interface RatePoint {
  rate: number;
  loss: number;
}

export interface RateSuggestion {
  /** Where the loss falls fastest. */
  steepest: number;
  /** A tenth of the rate at which the loss is lowest. */
  tenthOfLowest: number;
  /** The smaller of both. */
  rate: number;
}

/** Rates of the test's updates, from the first to the last by the same factor each. */
export const rangeTestRates = (first: number, last: number, updates: number): number[] =>
  Array.from({ length: updates }, (_, i) => first * (last / first) ** (i / Math.max(1, updates - 1)));

/**
 * Whether to stop the test: the newest loss, as a moving average, has left the lowest one far behind, or is no number.
 * @param losses so far
 * @param factor fastai's 4 suits a loss of any size
 */
export const hasDiverged = (losses: readonly number[], factor = 4): boolean => {
  const decay = 0.9; // about ten updates
  let [average, lowest] = [0, Infinity];
  let last = Infinity;
  for (const [i, loss] of losses.entries()) {
    if (!Number.isFinite(loss)) return true;
    average = decay * average + (1 - decay) * loss;
    last = average / (1 - decay ** (i + 1));
    lowest = Math.min(lowest, last);
  }
  return last > factor * lowest;
};

/** Losses smoothed by a Gaussian of a thirtieth of their number: unlike a moving average, it shifts nothing to higher rates. */
export const smoothLosses = (losses: readonly number[]): number[] => {
  const width = Math.max(1, losses.length / 30);
  return losses.map((_, i) => {
    let [sum, weights] = [0, 0];
    const reach = Math.ceil(3 * width); // beyond it a weight is below 0.012
    for (let j = Math.max(0, i - reach); j <= Math.min(losses.length - 1, i + reach); j++) {
      const weight = Math.exp(-(((i - j) / width) ** 2) / 2);
      sum += weight * losses[j]!;
      weights += weight;
    }
    return sum / weights;
  });
};

/**
 * What the test's points say; undefined where the loss never fell.
 * @param points in the order of their rates; losses that are no numbers are passed over
 */
export const suggestRate = (points: readonly RatePoint[]): RateSuggestion | undefined => {
  const finite = points.filter(({ loss }) => Number.isFinite(loss));
  const losses = smoothLosses(finite.map(({ loss }) => loss));
  const lowest = losses.indexOf(Math.min(...losses));
  let [steepest, slope] = [-1, 0];
  for (let i = 1; i < lowest; i++) {
    const run = Math.log(finite[i + 1]!.rate / finite[i - 1]!.rate);
    const next = (losses[i + 1]! - losses[i - 1]!) / run;
    if (next < slope) [steepest, slope] = [i, next];
  }
  if (steepest < 0) return undefined;
  const [fast, tenth] = [finite[steepest]!.rate, finite[lowest]!.rate / 10];
  return { steepest: fast, tenthOfLowest: tenth, rate: Math.min(fast, tenth) };
};
