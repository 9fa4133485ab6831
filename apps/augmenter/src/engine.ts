import type { AugmentationOptions } from '@taxon/contracts';
import type { Patience } from '@taxon/entries';

// What the service needs of whatever augments: `@taxon/augmentation`, or a test.

/** A labelled text. */
export interface ParentRow {
  text: string;
  pair?: string;
  labels: string[];
  id: string;
}

/** A text made of another. */
export interface NewRow {
  text: string;
  pair?: string;
  labels: string[];
  method: string;
  parent: string;
}

export interface Summary {
  rows: number;
  kept: number;
  /** By reason. */
  dropped: Record<string, number>;
  keptByMethod: Record<string, number>;
  /** By n. */
  distinctN: Record<number, number>;
  examples: { text: string; parentText: string; method: string; reason: string }[];
}

export interface MethodFacts {
  name: string;
  description: string;
  /** None: any. */
  languages: readonly string[];
  /** Cheap enough for a stream. */
  streamed: boolean;
  /** Why it cannot be used here. */
  missing?: string;
}

/** An augmentation of a file; paths absolute. Plain data. */
export interface FileRequest<Options> {
  input: string;
  output: string;
  textColumn: string;
  pairColumn?: string;
  labelColumn: string;
  labelSeparator?: string;
  idColumn?: string;
  unlabelled: string[];
  withOriginals: boolean;
  options: Options;
}

export type AugmentationEvent =
  | { kind: 'progress'; done: number; total: number; kept: number; secondsLeft?: number }
  | { kind: 'notice'; level: 'info' | 'warning'; message: string };

export interface FileResult {
  output: string;
  summary: Summary;
  seconds: number;
}

export interface RunOptions {
  signal: AbortSignal;
  resume: boolean;
  patience: Patience;
  onEvent: (event: AugmentationEvent) => void;
}

export interface AugmentationEngine<Options> {
  methods(): Promise<readonly MethodFacts[]>;
  /** @throws TaxonError `invalid_input` that names every wrong option; an unknown method with the nearest name */
  parse(options: AugmentationOptions | undefined): Options;
  /** Checked options as they are kept, back. @throws when they are none */
  revive(kept: unknown): Options;
  toMessage(options: Options): AugmentationOptions;
  /** The options with every model's folder as `absolute` has it. */
  withModels(options: Options, absolute: (folder: string, field: string) => string): Options;
  /** @throws TaxonError `invalid_input` where a stream cannot do what is asked for */
  expectStreamed(options: Options): void;
  /** Batches of new rows, a batch for each batch given, then the summary; in a worker thread that a slow reader holds back. */
  stream(
    options: Options,
    batches: AsyncIterable<ParentRow[]>,
    context: { signal: AbortSignal },
  ): AsyncIterable<{ rows: NewRow[] } | { summary: Summary }>;
  /** In a process of its own; the output appears whole. */
  run(request: FileRequest<Options>, options: RunOptions): Promise<FileResult>;
  /** Whether something is there that `resume` goes on from. */
  canResume(request: FileRequest<Options>): boolean;
}
