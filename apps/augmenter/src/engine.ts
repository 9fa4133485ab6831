import type { AugmentationProgress, AugmentationSummary, AugmentedRow, AugmentOptions, Row } from '@taxon/augmentation';
import type { TaskDefinition } from '@taxon/data';
import type { Patience } from '@taxon/entries';

// What the service needs of whatever augments.

export interface MethodFacts {
  name: string;
  /** One line. */
  description: string;
  /** Cheap enough for a stream. */
  streamed: boolean;
}

/** An augmentation of a file; paths absolute. Plain data. */
export interface FileRequest {
  input: string;
  output: string;
  textColumn: string;
  pairColumn?: string;
  labelColumn: string;
  labelSeparator?: string;
  idColumn?: string;
  /** Whether the output holds the given rows too. */
  withOriginals: boolean;
  options: AugmentOptions;
}

export type FileEvent =
  ({ kind: 'progress' } & AugmentationProgress) | { kind: 'notice'; level: 'info' | 'warning'; message: string };

export interface FileRun {
  signal: AbortSignal;
  resume: boolean;
  patience: Patience;
  onEvent: (event: FileEvent) => void;
}

/** What comes out of a stream: a batch for each batch that went in, then the summary. */
export type Made = { rows: AugmentedRow[] } | { summary: AugmentationSummary };

export interface AugmentationEngine {
  /** By name. */
  readonly methods: readonly MethodFacts[];
  /** @throws TaxonError `invalid_input` for options of methods that are wrong */
  checkMethods(options: AugmentOptions): void;
  /** In a worker thread that a slow reader holds back. */
  stream(
    request: { options: AugmentOptions; tasks: TaskDefinition[] },
    batches: AsyncIterable<Row[]>,
    context: { signal: AbortSignal },
  ): AsyncIterable<Made>;
  /** In a process of its own; the output appears whole. */
  run(request: FileRequest, options: FileRun): Promise<AugmentationSummary>;
  /** Whether something is there that `resume` goes on from. */
  canResume(request: FileRequest): boolean;
}
