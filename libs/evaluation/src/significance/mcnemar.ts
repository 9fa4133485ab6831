/**
 * McNemar's exact test: two-sided binomial p that two runs which are equally good differ as much in the texts that only one of
 * them answers right. 1 where there is no such text.
 */
export const mcnemarExact = (onlyA: number, onlyB: number): number => {
  const n = onlyA + onlyB;
  // Terms of the binomial distribution as logarithms: 2⁻ⁿ underflows from 1,075 texts on.
  let term = -n * Math.LN2;
  let sum = Math.exp(term);
  for (let k = 1; k <= Math.min(onlyA, onlyB); k++) {
    term += Math.log((n - k + 1) / k);
    sum += Math.exp(term);
  }
  return Math.min(1, 2 * sum);
};
