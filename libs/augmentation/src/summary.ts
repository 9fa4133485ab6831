import type { Note } from '@taxon/data';

/** Why a candidate was dropped, or a wanted text not made. */
export const dropReasons = ['none', 'repeat', 'drift', 'label'] as const;
/**
 * `none`: the method could make nothing of the row. `repeat`: it repeats a row or another made text. `drift`: its embedding is too
 * far from the parent's. `label`: the model is confident that its label changed.
 */
export type DropReason = (typeof dropReasons)[number];

export interface AugmentationExample {
  parent: string;
  /** The parent's text. */
  from: string;
  to: string;
  labels: readonly (readonly string[] | undefined)[];
  /** Absent: kept. */
  reason?: DropReason;
  /** Cosine with the parent's embedding, where computed. */
  similarity?: number;
  /** What the model said instead, where that is the reason. */
  answer?: string;
}

export interface MethodSummary {
  name: string;
  kept: number;
  dropped: Record<DropReason, number>;
  /** A few of each kind, the first ones. */
  examples: { kept: AugmentationExample[]; dropped: AugmentationExample[] };
}

/** distinct-n: different n-grams over all n-grams, 0..1 (Li et al. 2016); estimated within 1 % beyond some ten thousand. */
export interface Diversity {
  texts: number;
  distinct1: number;
  distinct2: number;
}

export interface AugmentationSummary {
  /** Rows read. */
  rows: number;
  /** Rows that the policy asked texts of. */
  parents: number;
  /** Texts asked for by the policy, and kept in the end. */
  wanted: number;
  kept: number;
  methods: MethodSummary[];
  /** Of the task that the policy counts by, by falling number of rows. */
  labels: { label: string; rows: number; made: number }[];
  /** Of the rows, of what was made, and of both. */
  diversity: { rows: Diversity; made: Diversity; both: Diversity };
  seconds: number;
  notes: Note[];
}

export interface AugmentationProgress {
  /** Rows gone through, and in all where known. */
  rows: number;
  total: number | undefined;
  kept: number;
  dropped: number;
}
