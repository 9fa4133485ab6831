/** What the threshold is chosen for. */
export type AbstentionTarget =
  | { maximize: 'outOfScopeF1' | 'inScopeF1' | 'macroF1' }
  /** The highest threshold at which at least this share of in-scope texts is answered, 0..1. */
  | { inScopeCoverage: number };

/** What a threshold does; texts with a lower score are not answered. All within 0..1. */
export interface AbstentionScores {
  threshold: number;
  /** Share of in-scope texts that are answered. */
  inScopeCoverage: number;
  /** Of the texts not answered, the share that is out of scope; of those out of scope, the share not answered. */
  outOfScopePrecision: number;
  outOfScopeRecall: number;
  outOfScopeF1: number;
  inScopePrecision: number;
  inScopeF1: number;
  /** Mean of both F1. */
  macroF1: number;
  /** Right answers: in scope and right, or out of scope and not answered; null where it is not known which are right. */
  accuracy: number | null;
  /** Right answers among all in-scope texts; null as above. */
  inScopeAccuracy: number | null;
}
