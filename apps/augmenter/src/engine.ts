import type {
  AugmentationProgress,
  AugmentationSummary,
  AugmentedRow,
  AugmentOptions,
  FileProgress,
  Row,
  Slice,
  SliceResult,
} from '@taxon/augmentation';
import type { TaskDefinition } from '@taxon/data';
import type { Patience } from '@taxon/entries';

// What the service needs of whatever augments.

export interface MethodFacts {
  name: string;
  /** One line. */
  description: string;
  /** Cheap enough for a stream. */
  streamed: boolean;
  /** Options that name what is read. */
  paths?: Readonly<Record<string, 'file' | 'model'>>;
}

/** An augmentation of a file; paths absolute. Plain data. */
export interface FileRequest {
  input: string;
  output: string;
  textColumn: string;
  pairColumn?: string;
  sourceColumn?: string;
  labelColumn: string;
  labelSeparator?: string;
  idColumn?: string;
  /** Whether the output holds the given rows too. */
  withOriginals: boolean;
  options: AugmentOptions;
}

export type FileEvent = {
  kind: 'progress';
  stage: FileProgress['stage'];
} & AugmentationProgress;

export interface FileRun {
  signal: AbortSignal;
  resume: boolean;
  /** Address of the `TranslatorService` that back-translation asks. */
  translator?: string;
  patience: Patience;
  onEvent: (event: FileEvent) => void;
}

/** Plain data. */
export interface StreamRequest {
  options: AugmentOptions;
  tasks: TaskDefinition[];
  /** Milliseconds without a further row after which what came is augmented. */
  flushAfter?: number;
}

/** What slices of one run have in common. Plain data. */
export interface SlicesRequest {
  options: AugmentOptions;
  tasks: TaskDefinition[];
  /** Address of the `TranslatorService` that back-translation asks. */
  translator?: string;
}

/** What comes out of a stream: batches as they are made, then the summary. */
export type Made = { rows: AugmentedRow[] } | { summary: AugmentationSummary };

export interface AugmentationEngine {
  /** By name. */
  readonly methods: readonly MethodFacts[];
  /** @throws TaxonError `invalid_input` for options of methods that are wrong, and languages that they do not know */
  checkMethods(options: AugmentOptions): void;
  /** In a worker thread that a slow reader holds back. */
  stream(request: StreamRequest, batches: AsyncIterable<Row[]>, context: { signal: AbortSignal }): AsyncIterable<Made>;
  /** In a worker thread, one after the other, in their order. */
  slices(
    request: SlicesRequest,
    slices: AsyncIterable<Slice>,
    context: { signal: AbortSignal },
  ): AsyncIterable<SliceResult>;
  /** In a process of its own; the output appears whole. */
  run(request: FileRequest, options: FileRun): Promise<AugmentationSummary>;
  /** Whether something is there that `resume` goes on from. */
  canResume(request: FileRequest): boolean;
}
