/** How well scores order the labels of a text, and the texts of a label: no threshold is involved. */
export interface RankingMetrics {
  n: number;
  /** Mean number of labels, from the best score down, that covers all right ones; best is the mean number of labels. */
  coverageError: number;
  /** Mean share of (right, wrong) label pairs in the wrong order, ties counted as wrong: 0..1, 0 is best. */
  labelRankingLoss: number;
  /** Label ranking average precision, 0..1. */
  labelRankingAveragePrecision: number;
  /** Mean of `averagePrecision` over labels that have texts, 0..1. */
  meanAveragePrecision: number;
  /** Average precision of all decisions together, 0..1. */
  microAveragePrecision: number;
  perLabel: LabelRanking[];
}

export interface LabelRanking {
  label: string;
  support: number;
  /** Area under the precision-recall curve as a sum of steps; null where no text carries the label. */
  averagePrecision: number | null;
}
