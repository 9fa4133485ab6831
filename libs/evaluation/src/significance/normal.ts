/** Complementary error function, relative error below 1.2e-7 (Chebyshev fit of Numerical Recipes, `erfcc`). */
const erfc = (x: number): number => {
  const z = Math.abs(x);
  const t = 1 / (1 + 0.5 * z);
  const terms = [
    -1.26551223, 1.00002368, 0.37409196, 0.09678418, -0.18628806, 0.27886807, -1.13520398, 1.48851587, -0.82215223,
    0.17087277,
  ];
  const polynomial = terms.reduceRight((sum, term) => sum * t + term, 0);
  const tail = t * Math.exp(-z * z + polynomial);
  return x >= 0 ? tail : 2 - tail;
};

/** Share of the standard normal distribution below z. */
export const normalShare = (z: number): number => 0.5 * erfc(-z / Math.SQRT2);

/** The z with this share below it: bisection, as it is asked for a few times only. ±Infinity for 1 and 0. */
export const normalQuantile = (share: number): number => {
  if (share <= 0) return -Infinity;
  if (share >= 1) return Infinity;
  let [low, high] = [-9, 9];
  for (let round = 0; round < 60; round++) {
    const middle = (low + high) / 2;
    if (normalShare(middle) < share) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
};
