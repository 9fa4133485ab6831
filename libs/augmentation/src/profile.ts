/** What a first pass over a dataset found: of a size that does not grow with it. */
export interface DatasetProfile {
  rows: number;
  /** By task: rows of each label. */
  counts: readonly ReadonlyMap<string, number>[];
}
