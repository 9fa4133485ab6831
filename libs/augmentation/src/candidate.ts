import type { Row } from './row.ts';
import type { DropReason } from './summary.ts';

/** A text that the policy asked for, on its way. */
export interface Wish {
  row: Row;
  /** Which of the row's texts, from 0. */
  copy: number;
  /** Tries so far. */
  tries: number;
  /** What was kept. */
  made?: { method: string; text: string };
}

/** A text that a method made for a wish, or could not make. */
export interface Candidate {
  wish: Wish;
  method: string;
  text: string | undefined;
}

/** What the quality gate says of a candidate. */
export interface Verdict {
  /** Absent: kept. */
  reason?: DropReason;
  similarity?: number;
  answer?: string;
}
