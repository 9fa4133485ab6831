import type { Random } from '@taxon/data';
import type { z } from 'zod';
import type { DatasetProfile } from './profile.ts';
import type { Row } from './row.ts';
import type { Translator } from './translator.ts';

/** One text that is wanted: of which row, and the numbers that its making may draw. */
export interface Wanted {
  row: Row;
  /** Of this row, method and attempt alone: what is made does not depend on the rows before. */
  random: Random;
  /** 0 for the first text of this row by this method, then 1, 2, …: for methods that know several answers and give one each. */
  attempt: number;
}

/** A method that is ready. What it makes is a candidate; whether it is kept, the quality gate says. */
export interface Method {
  /**
   * The texts, in the order of `wanted`; `undefined` where this method can make none of a row (no word has a synonym).
   * @throws the signal's reason between two native calls
   */
  make(
    wanted: readonly Wanted[],
    signal?: AbortSignal,
  ): readonly (string | undefined)[] | Promise<readonly (string | undefined)[]>;
  dispose?(): Promise<void>;
}

/** What methods may ask of those who run them. */
export interface MethodResources {
  /** `auto`: by the script of each text, Chinese where it holds Han and no kana, else English. */
  language: string;
  seed: number;
  /** Of the whole dataset; absent where rows are a stream that is read once. */
  profile?: DatasetProfile;
  /** Folder or name of an encoder, for methods that read texts by one. */
  encoder?: string;
  /** For back-translation by an engine of the caller's own. */
  translator?: Translator;
  /** Threads of native calls; 0: as many as the machine has. */
  threads: number;
  signal?: AbortSignal;
}

/** A kind of method: an entry of the table in `methods/table.ts`. */
export interface MethodKind<Schema extends z.ZodType = z.ZodType> {
  /** One line, for `--help` and the docs. */
  description: string;
  /** Its own options, beside `name` and `weight`; every one has a default where one can be. */
  options: Schema;
  /** Texts that are made one call each cost little; `batch` texts at a time where a native call or a process is behind it. */
  batch: number;
  /** Fit for a stream that is read once: neither a model, nor another process, nor other rows of the dataset are asked. */
  streamed: boolean;
  /** Texts of other rows that it asks the profile for: those of its row's labels, or of all. None when absent. */
  pool?: 'own' | 'all';
  /** Options that name what is read: a file of texts or words, a model's folder (or several by name). Services keep them below their folders. */
  paths?: Readonly<Record<string, 'file' | 'model'>>;
  /** What can be told without opening anything. @throws TaxonError `invalid_input` */
  check?: (options: z.output<Schema>, resources: Pick<MethodResources, 'language'>) => void;
  /**
   * @throws TaxonError `invalid_input` for options that cannot be met (no lexicon of this language), `failed_precondition` for what is
   *   missing (an encoder without masked-language head, an engine that is not installed, a profile)
   */
  open(options: z.output<Schema>, resources: MethodResources): Promise<Method>;
}
