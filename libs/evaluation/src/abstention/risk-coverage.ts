export interface RiskCoveragePoint {
  /** Texts with a score not below it are answered. */
  threshold: number;
  /** Share of texts answered, 0..1. */
  coverage: number;
  /** Share of wrong answers among them, 0..1. */
  risk: number;
}

/** What abstaining from the least sure answers brings. */
export interface RiskCoverage {
  n: number;
  /** Area under the curve: mean risk over all coverages; lower is better. */
  aurc: number;
  /** By growing coverage. */
  points: RiskCoveragePoint[];
}
