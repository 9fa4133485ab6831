/** One figure of two runs on the same texts. */
export interface PairedFigure {
  a: number;
  b: number;
  /** b − a */
  difference: number;
  /** Bootstrap interval of the difference, over the texts. */
  lower: number;
  upper: number;
  /** Two-sided, 0..1: how often chance makes such a difference between equal runs. */
  p: number;
  test: 'mcnemar' | 'permutation';
}

export interface RunComparison<Name extends string = string> {
  n: number;
  level: number;
  figures: Record<Name, PairedFigure>;
  /** Texts that only one run answers fully right. */
  onlyA: number;
  onlyB: number;
}
