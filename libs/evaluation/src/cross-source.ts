import type { Figures } from './metrics.ts';
import type { SliceTable } from './slices.ts';

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

/** The scores of one model by source, from a table of slices: rows of the cross-source table. */
export const crossSourceRows = (trainSource: string, { slices }: SliceTable): CrossSourceRow[] =>
  slices.map(({ name, n, metrics }) => ({ trainSource, validationSource: name, n, metrics }));

/** Lays rows out as training × validation sources, each in order of appearance; the last of two rows for one cell counts. */
export const crossSourceTable = (rows: readonly CrossSourceRow[]): CrossSourceTable => {
  const trainSources = [...new Set(rows.map(({ trainSource }) => trainSource))];
  const validationSources = [...new Set(rows.map(({ validationSource }) => validationSource))];
  const cells = trainSources.map(() => validationSources.map((): CrossSourceCell | null => null));
  for (const { trainSource, validationSource, n = null, metrics } of rows)
    cells[trainSources.indexOf(trainSource)]![validationSources.indexOf(validationSource)] = { n, metrics };
  const metrics = [...new Set(rows.flatMap((row) => Object.keys(row.metrics)))];
  return { trainSources, validationSources, metrics, cells };
};
