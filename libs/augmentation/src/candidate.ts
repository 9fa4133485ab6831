import type { Row } from './row.ts';
import type { DropReason } from './summary.ts';

/** A text that the policy asked for, on its way. */
export interface Wish {
  row: Row;
  /** Which of the row's texts, from 0. */
  copy: number;
  /** What was tried so far, in order. */
  tries: Candidate[];
}

/** What the quality gate says of a candidate. */
export interface Verdict {
  /** Absent: kept. */
  reason?: DropReason;
  similarity?: number;
  answer?: string;
}

/** A text that a method made for a wish, or could not make. */
export interface Candidate {
  wish: Wish;
  method: string;
  text: string | undefined;
  /** What repeats are told by (`SeenTexts.formOf`). */
  form: string;
  /** As far as it does not depend on what becomes of other wishes. */
  verdict: Verdict;
}

/** A row in its turn, and what is wanted of it. */
export interface Turn {
  row: Row;
  /** Of the row's own text, where rows count as seen once their turn has come. */
  form?: string;
  wishes: Wish[];
}
