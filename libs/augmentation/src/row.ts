import type { Example, Origin } from '@taxon/data';

/** A row of the dataset, with the name that what is made of it carries as `origin.parent`. */
export interface Row extends Example {
  /** Of the row's own `id` column, else `FILE:LINE`. Distinct within the dataset. */
  id: string;
}

/** A text that was made. Its labels, pair and source are its parent's. */
export interface AugmentedRow extends Example {
  /** `method` and the parent's `id`. */
  origin: Origin;
}
