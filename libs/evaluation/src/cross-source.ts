import type { Figures } from './metrics.ts';

/** Scores of one model (trained on a source) on one source's texts. */
export interface CrossSourceRow {
  trainSource: string;
  validationSource: string;
  /** Texts scored. */
  n?: number;
  metrics: Figures;
}

/** Training sources × validation sources; null where nothing was measured. */
export interface CrossSourceTable {
  trainSources: string[];
  validationSources: string[];
  /** Names of the figures, in order of appearance. */
  metrics: string[];
  /** [train sources][validation sources] */
  cells: (CrossSourceCell | null)[][];
}

export interface CrossSourceCell {
  n: number | null;
  metrics: Figures;
}
