import { ratio } from '../shapes.ts';

/** Decisions of similar confidence. */
export interface ReliabilityBin {
  /** Range of the confidence; for equal-mass bins the smallest and the largest met. */
  lower: number;
  upper: number;
  count: number;
  /** Mean confidence; 0 in an empty bin. */
  confidence: number;
  /** Share that was right (single-label) or carries the label (multi-label); 0 in an empty bin. */
  accuracy: number;
}

/** Bins of equal width from 0 to 1; 1 falls into the last. */
export const equalWidthBins = (confidence: Float64Array, right: Uint8Array, bins: number): ReliabilityBin[] => {
  const [counts, sums, rights] = [new Float64Array(bins), new Float64Array(bins), new Float64Array(bins)];
  for (let i = 0; i < confidence.length; i++) {
    const bin = Math.min(bins - 1, Math.floor(confidence[i]! * bins));
    counts[bin]! += 1;
    sums[bin]! += confidence[i]!;
    rights[bin]! += right[i]!;
  }
  return Array.from(counts, (count, i) => ({
    lower: i / bins,
    upper: (i + 1) / bins,
    count,
    confidence: ratio(sums[i]!, count),
    accuracy: ratio(rights[i]!, count),
  }));
};

/**
 * Bins with the same number of decisions, by rising confidence; equal confidences, to single precision as logits are, share a bin,
 * so there may be fewer.
 * @param confidence in rising order
 */
export const equalMassBins = (confidence: Float64Array, right: Uint8Array, bins: number): ReliabilityBin[] => {
  const n = confidence.length;
  const result: ReliabilityBin[] = [];
  for (let begin = 0; begin < n;) {
    const share = (n - begin) / (bins - result.length);
    let end = Math.min(n, begin + Math.max(1, Math.round(share)));
    const last = Math.fround(confidence[end - 1]!);
    while (end < n && Math.fround(confidence[end]!) === last) end += 1;
    let [sum, rights] = [0, 0];
    for (let i = begin; i < end; i++) {
      sum += confidence[i]!;
      rights += right[i]!;
    }
    const count = end - begin;
    const [lower, upper] = [confidence[begin]!, confidence[end - 1]!];
    result.push({ lower, upper, count, confidence: sum / count, accuracy: rights / count });
    begin = end;
  }
  return result;
};

/** Mean gap between confidence and accuracy, weighted by decisions. */
export const calibrationError = (bins: readonly ReliabilityBin[]): number => {
  const n = bins.reduce((sum, { count }) => sum + count, 0);
  return ratio(
    bins.reduce((sum, { count, confidence, accuracy }) => sum + count * Math.abs(confidence - accuracy), 0),
    n,
  );
};
