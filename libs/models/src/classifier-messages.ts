import type { SerializedError } from '@taxon/errors';
import type { ModelDescription } from './model-folder.ts';
import type { TextInput } from './text-input.ts';

/** What the classifier's worker is started with. */
export interface WorkerSettings {
  folder: string;
  /** 0: as many as the machine has. */
  threads: number;
}

/** A slice of a call's texts. */
export interface Chunk {
  id: number;
  /** Calls are served in turn, whatever their size. */
  call: number;
  texts: TextInput[];
  /** Labels returned a text, or the plain logits. */
  wanted: number | 'logits';
}

export type ToWorker =
  | ({ kind: 'chunk' } & Chunk)
  /** The caller has gone: what is not computed yet need not be. */
  | { kind: 'drop'; call: number }
  | { kind: 'close' };

/** Answers to a chunk's texts, as arrays that cross threads without a copy. N: texts. */
export interface Answers {
  /** [N] */
  tokens: Int32Array<ArrayBuffer>;
  /** [N] 0 or 1 */
  truncated: Uint8Array<ArrayBuffer>;
  /** [N, Σ told] labels of each task as they are told (`toldLabels`), those answered first; absent when logits are wanted. */
  order?: Int32Array<ArrayBuffer>;
  /** [N, tasks] how many of them are the answer; absent when logits are wanted. */
  given?: Int32Array<ArrayBuffer>;
  /** [N, Σ told] their probabilities, or [N, C] logits. */
  scores: Float32Array<ArrayBuffer>;
}

/** What the caller is told about the model. */
export type ServedModel = Required<Pick<ModelDescription, 'space' | 'rule' | 'maxLength'>>;

export type FromWorker =
  | { kind: 'ready'; model: ServedModel }
  | { kind: 'answers'; id: number; answers: Answers }
  | { kind: 'failed'; id: number; error: SerializedError }
  /** Loading failed; nothing follows. */
  | { kind: 'unready'; error: SerializedError };
