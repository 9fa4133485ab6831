/** A cut and what is gained by it. */
export interface Cut {
  value: number;
  logit: number;
}

/**
 * Keeps the best cut that is offered; among equal ones the threshold nearest to probability 0.5.
 * @param start what any cut has to beat
 * @param tolerance values that differ by less are equal: sums that are kept up to date drift by rounding
 */
export const createBestCut = (start: Cut, tolerance: number) => {
  const best = { ...start };
  /** @returns whether the cut was taken */
  const offer = (value: number, logit: number): boolean => {
    const closer = Math.abs(logit) < Math.abs(best.logit);
    if (value <= best.value + tolerance && !(value >= best.value - tolerance && closer)) return false;
    best.value = value;
    best.logit = logit;
    return true;
  };
  return { best, offer };
};
