import type { Figures } from './metrics.ts';

/** Texts put into named groups. */
export interface Grouping {
  /** What the groups stand for: length, source, label count … */
  by: string;
  /** In the order of the table. */
  names: string[];
  /** Index into `names` of each text's group: [texts]. */
  of: Int32Array;
}

export interface Slice {
  name: string;
  /** Texts. */
  n: number;
  metrics: Figures;
}

export interface SliceTable {
  by: string;
  /** Groups that have texts. */
  slices: Slice[];
}
