/** A text that was answered wrongly, whatever the task. */
export interface MistakeRow {
  /** Index of the text among those scored. */
  index: number;
  text: string;
  pair?: string;
  source?: string;
  /** 1-based line of the text's file. */
  line?: number;
  /** Right labels; one for a single-label task. */
  expected: string[];
  /** Given labels; one for a single-label task. */
  predicted: string[];
  /** Right labels that were not given. */
  missed: string[];
  /** Given labels that are wrong. */
  extra: string[];
  /** Probabilities of the labels above, and of the best others: falling, 0..1. */
  scores: { label: string; probability: number }[];
  /** How sure the model was of its worst decision, 0..1: rows come surest first. */
  confidence: number;
}

/** What a row tells beside labels. */
export interface MistakeText {
  text: string;
  pair?: string;
  source?: string;
  line?: number;
}
