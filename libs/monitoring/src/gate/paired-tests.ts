import { binomialMidTail, binomialUpperTail, logBinomial } from '../binomial.ts';
import type { PairCounts } from './paired-text.ts';

/**
 * McNemar's test, exact, one-sided, mid-p: the chance that a candidate as good as the serving version loses so many of the
 * texts that only one of them answers right (Fagerland, Lydersen and Laake, BMC Medical Research Methodology 13:91, 2013). Small:
 * the candidate is worse. 0.5 where they answer alike.
 */
export const mcnemarWorse = ({ onlyServing, onlyCandidate }: Omit<PairCounts, 'n' | 'both'>): number =>
  binomialMidTail(onlyServing, onlyServing + onlyCandidate, 0.5);

/**
 * The share q of texts that only the candidate answers right, most likely where the serving version's share is q + margin
 * (Tango, Statistics in Medicine 17, 1998, formula 12).
 */
const restrictedShare = ({ n, onlyServing, onlyCandidate }: PairCounts, margin: number): number => {
  const [a, b, c] = [
    2 * n,
    (2 * n + onlyServing - onlyCandidate) * margin - onlyServing - onlyCandidate,
    -onlyCandidate * margin * (1 - margin),
  ];
  return (Math.sqrt(b * b - 4 * a * c) - b) / (2 * a);
};

/**
 * Test that the candidate is not worse by more than a margin: the chance to see a difference in accuracy at least as good when
 * the candidate is worse by just the margin. Small: not that much worse. Exact over all outcomes of n texts, the share that both
 * answer differently set to its likeliest value under the margin (an estimated, or E, p-value: Lloyd, Biometrics 64, 2008), those
 * of the same difference half counted (mid-p). With a margin of 0 this is nearly McNemar's test from the other side.
 * @param margin of accuracy, within 0..1
 */
export const notWorseBy = (counts: PairCounts, margin: number): number => {
  const { n, onlyServing, onlyCandidate } = counts;
  if (n === 0) return 1;
  const q = restrictedShare(counts, margin);
  const differing = Math.min(1, 2 * q + margin);
  const wins = differing === 0 ? 0.5 : q / differing;
  const observed = onlyCandidate - onlyServing;
  // Numbers of differing texts beyond eight standard deviations cannot matter.
  const reach = 8 * Math.sqrt(n * differing * (1 - differing)) + 8;
  const [from, to] = [Math.max(0, Math.ceil(n * differing - reach)), Math.min(n, Math.floor(n * differing + reach))];
  let p = 0;
  for (let m = from; m <= to; m++) {
    const weight = Math.exp(logBinomial(m, n, differing));
    if (weight < 1e-15) continue;
    // wins − losses ≥ observed, which can be equal where the number of differing texts is as even as the difference.
    const least = (m + observed) / 2;
    p += weight * (Number.isInteger(least) ? binomialMidTail : binomialUpperTail)(Math.ceil(least), m, wins);
  }
  return Math.min(1, p);
};
