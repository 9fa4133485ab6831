/** ln Γ(x) for x > 0: Stirling's series after shifting x up to 10, where its first terms give 1e-13. */
export const logGamma = (x: number): number => {
  let [shifted, sum] = [x, 0];
  for (; shifted < 10; shifted++) sum -= Math.log(shifted);
  const square = 1 / (shifted * shifted);
  const series = (1 / 12 - square * (1 / 360 - square * (1 / 1260 - square / 1680))) / shifted;
  return sum + (shifted - 0.5) * Math.log(shifted) - shifted + 0.5 * Math.log(2 * Math.PI) + series;
};

const logChoose = (n: number, k: number): number => logGamma(n + 1) - logGamma(k + 1) - logGamma(n - k + 1);

/** ln of the chance of k successes in n. −∞ where it is 0. */
export const logBinomial = (k: number, n: number, p: number): number => {
  if (k < 0 || k > n) return -Infinity;
  // 0 · ln 0 is 0 here.
  const [yes, no] = [k === 0 ? 0 : k * Math.log(p), k === n ? 0 : (n - k) * Math.log1p(-p)];
  return logChoose(n, k) + yes + no;
};

/** Chance of at least k successes in n. */
export const binomialUpperTail = (k: number, n: number, p: number): number => {
  if (k <= 0) return 1;
  if (k > n || p <= 0) return 0;
  if (p >= 1) return 1;
  // The shorter side of the mean is summed, outward from k: terms fall, and the rest is lost in rounding.
  if (k <= n * p) return 1 - lowerTail(k - 1, n, p);
  let [sum, term] = [0, Math.exp(logBinomial(k, n, p))];
  for (let i = k; i <= n && term > sum * 1e-17; i++) {
    sum += term;
    term *= (((n - i) / (i + 1)) * p) / (1 - p);
  }
  return sum;
};

/** Chance of at most k successes in n, for k below the mean. */
const lowerTail = (k: number, n: number, p: number): number => {
  let [sum, term] = [0, Math.exp(logBinomial(k, n, p))];
  for (let i = k; i >= 0 && term > sum * 1e-17; i--) {
    sum += term;
    term *= ((i / (n - i + 1)) * (1 - p)) / p;
  }
  return sum;
};

/** Chance of at least k successes in n, those of exactly k half counted (mid-p; Lancaster 1961). */
export const binomialMidTail = (k: number, n: number, p: number): number =>
  binomialUpperTail(k + 1, n, p) + 0.5 * Math.exp(logBinomial(k, n, p));
