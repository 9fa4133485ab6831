import type { TaskDefinition } from '@taxon/data';
import type { AugmentOptions } from './options.ts';
import type { DatasetProfile } from './profile.ts';
import type { AugmentedRow, Row } from './row.ts';
import type { AugmentationProgress, AugmentationSummary } from './summary.ts';
import type { Translator } from './translator.ts';

export interface AugmentContext {
  /** Of the rows' labels, in their order. */
  tasks: readonly TaskDefinition[];
  /**
   * Of a first pass over the same rows (`profileRows`). Targets, `below`, and methods that need other rows of a class ask for it; with it,
   * no text repeats a row that comes later.
   */
  profile?: DatasetProfile;
  translator?: Translator;
  signal?: AbortSignal;
  /** At most some times a second. */
  onProgress?: (progress: AugmentationProgress) => void;
}

/** The texts as they are made, in the order of their parents; can be gone through once. */
export interface Augmentation extends AsyncIterable<AugmentedRow> {
  /** Of what was made so far; of everything once the iteration has ended. */
  summary(): AugmentationSummary;
}

export type AugmentRows = (rows: AsyncIterable<Row>, options: AugmentOptions, context: AugmentContext) => Augmentation;
