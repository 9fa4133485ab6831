import type { Readable } from 'node:stream';

export interface StoredObject {
  /** Parts of letters, digits, `.`, `_`, `-`, `=` and `@`, joined by `/`. */
  readonly key: string;
  readonly bytes: number;
  readonly modified: Date;
}

export interface WriteOptions {
  /** Leave an object alone that is there already. @default false: it is replaced */
  ifAbsent?: boolean;
  /** Of a stream, where it is known. */
  bytes?: number;
  signal?: AbortSignal;
}

/**
 * Where a registry's objects lie: a folder, or a bucket. All that is asked of it is that an object appears whole or not at all, that
 * of several writers with `ifAbsent` one alone wins, and that what was written is read by whoever asks next.
 */
export interface Storage {
  /** For messages: the folder, or `s3://bucket/prefix`. */
  readonly place: string;
  /** @returns undefined where there is none */
  read(key: string, signal?: AbortSignal): Promise<Readable | undefined>;
  /**
   * Resolves once it is durable.
   * @returns false where `ifAbsent` was asked for and another object is there
   * @throws TaxonError `resource_exhausted` (disk full), `permission_denied`, `unavailable`
   */
  write(key: string, source: Readable | Uint8Array, options?: WriteOptions): Promise<boolean>;
  /** By key, in the order of its bytes. */
  list(prefix: string, signal?: AbortSignal): AsyncIterable<StoredObject>;
  stat(key: string): Promise<StoredObject | undefined>;
  /** No error where there is none. */
  remove(key: string): Promise<void>;
  /** Removes what writers of keys with this beginning, that were killed, left unfinished before that time. */
  removeUnfinished(prefix: string, before: Date): Promise<void>;
}
