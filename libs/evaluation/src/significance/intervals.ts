export interface BootstrapOptions {
  /** @default 1000 */
  resamples?: number;
  /** Share of resamples inside the interval. @default 0.95 */
  level?: number;
  /** Any integer; the lower 32 bits count. @default 0 */
  seed?: number;
  /** `percentile`, or bias-corrected and accelerated (Efron 1987). @default 'percentile' */
  method?: 'percentile' | 'bca';
}

/** A figure and where it may well lie. */
export interface Interval {
  estimate: number;
  lower: number;
  upper: number;
}

/** Intervals by the figure's name, as in the metrics. */
export interface Intervals<Name extends string = string> {
  n: number;
  level: number;
  resamples: number;
  method: 'percentile' | 'bca';
  figures: Record<Name, Interval>;
}
