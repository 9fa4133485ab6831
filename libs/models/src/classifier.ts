import { TaxonError } from '@taxon/errors';

export interface LabelScore {
  label: string;
  /** Softmax probability, 0..1. */
  probability: number;
}

export interface Prediction {
  /** All labels, best first, cut to `topK` when asked. */
  labels: LabelScore[];
  /** Tokens of the text after cutting, special tokens included. */
  tokens: number;
  truncated: boolean;
}

export interface ClassifyOptions {
  /** Labels returned a text; all when absent. */
  topK?: number;
  signal?: AbortSignal;
  /** Texts done so far and in all. */
  onProgress?: (done: number, total: number) => void;
}

/** A model that is loaded and ready. Sessions live in a worker: calls never block the event loop. */
export interface Classifier {
  readonly folder: string;
  readonly labels: readonly string[];
  readonly maxLength: number;
  /** Predictions in the order of the texts; a batch's answers equal single answers within 1e-5. */
  classify(texts: readonly string[], options?: ClassifyOptions): Promise<Prediction[]>;
  /** Logits, row-major [texts, labels]. */
  logits(texts: readonly string[], options?: ClassifyOptions): Promise<Float32Array>;
  dispose(): Promise<void>;
}

export interface LoadClassifierOptions {
  /** 0 or absent: as many as the machine has. */
  threads?: number;
  signal?: AbortSignal;
}

/**
 * Loads a model folder (ours, or a Hugging Face or sentence-transformers folder made by others) into a worker.
 * @throws TaxonError `invalid_input` naming the file and what is wrong with it
 */
export const loadClassifier = (_folder: string, _options: LoadClassifierOptions = {}): Promise<Classifier> =>
  Promise.reject(new TaxonError({ code: 'internal', message: 'being written' }));
