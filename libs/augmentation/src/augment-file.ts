import { stat } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import {
  exampleId,
  openDataset,
  type DatasetFile,
  type Note,
  type ReadDatasetOptions,
  type TaskDefinition,
} from '@taxon/data';
import { TaxonError, invalidInput } from '@taxon/errors';
import { augmentRows, type AugmentContext, type Augmentation } from './augment-rows.ts';
import { openJudge } from './open-judge.ts';
import type { AugmentOptions } from './options.ts';
import { PartialFile, digestOf } from './partial-file.ts';
import { profileRows, type DatasetProfile } from './profile.ts';
import { formatRow, headerOf, rowFormatOf, type RowFormat } from './row-format.ts';
import type { AugmentedRow, Row } from './row.ts';
import type { AugmentationProgress, AugmentationSummary } from './summary.ts';

export interface AugmentFileRequest {
  data: string;
  columns: ReadDatasetOptions;
  options: AugmentOptions;
}

export interface FileProgress {
  /** `read`: the file is checked; `count`: classes are counted, rows judged; `augment`: texts are made. */
  stage: 'read' | 'count' | 'augment';
  rows: number;
  total: number | undefined;
  made?: AugmentationProgress;
}

export interface FileContext extends Pick<AugmentContext, 'translator' | 'onCandidate' | 'signal'> {
  /** In place of what this process makes itself, from the first row on. */
  augment?: (opened: OpenedFile) => Augmentation;
  onProgress?: (progress: FileProgress) => void;
}

/** A labelled file, gone through and ready to be augmented, once. */
export interface OpenedFile {
  file: DatasetFile;
  tasks: TaskDefinition[];
  profile: DatasetProfile;
  rows: () => AsyncGenerator<Row>;
}

const taskColumns = ({ tasks = [{ column: 'label' }] }: ReadDatasetOptions) => tasks;

/** Checks the file's rows and counts what policies and methods want to know of them. */
export const openFile = async (
  { data, columns, options }: AugmentFileRequest,
  { signal, onProgress }: FileContext,
): Promise<OpenedFile> => {
  onProgress?.({ stage: 'read', rows: 0, total: undefined });
  const file = await openDataset(data, { ...columns, signal });
  const tasks = taskColumns(columns).map(({ column }, t) => ({ name: column, kind: file.kinds[t]! }));
  async function* rows(): AsyncGenerator<Row> {
    for await (const example of file.examples()) yield { ...example, id: exampleId(example, basename(data)) };
  }
  const judge = await openJudge(options, tasks, signal);
  try {
    const tell = (done: number): void => onProgress?.({ stage: 'count', rows: done, total: file.rows });
    const profile = await profileRows(rows(), { seed: options.seed, judge, signal, onProgress: tell });
    return { file, tasks, profile, rows };
  } finally {
    await judge?.dispose();
  }
};

/** The augmentation of an opened file, from its first row or from where an earlier one had come. */
export const augmentOpened = (
  { tasks, profile, rows }: OpenedFile,
  { options }: AugmentFileRequest,
  { onProgress, ...context }: Omit<FileContext, 'augment'> & Pick<AugmentContext, 'resume'>,
): Augmentation =>
  augmentRows(rows(), options, {
    ...context,
    tasks,
    profile,
    ownsProfile: true,
    onProgress: (made) => onProgress?.({ stage: 'augment', rows: made.rows, total: profile.rows, made }),
  });

export interface WriteFileRequest extends AugmentFileRequest {
  /** .csv, .tsv or .jsonl. */
  output: string;
  /** Without the rows that were there. */
  onlyNew?: boolean;
  /** Goes on with an interrupted run of the same options. */
  resume?: boolean;
}

const formatOf = ({ output, columns }: WriteFileRequest, tasks: readonly TaskDefinition[]): RowFormat => ({
  kind: rowFormatOf(output),
  textColumn: columns.textColumn ?? 'text',
  pairColumn: columns.pairColumn,
  sourceColumn: columns.sourceColumn,
  labelColumns: taskColumns(columns).map(({ column }) => column),
  tasks,
  labelSeparator: columns.labelSeparator,
});

/** The made rows of an unfinished file. */
async function* madeRows(path: string, format: RowFormat, columns: ReadDatasetOptions): AsyncGenerator<AugmentedRow> {
  const tasks = format.tasks.map(({ kind }, t) => ({ column: format.labelColumns[t]!, kind }));
  const file = await openDataset(path, { ...columns, idColumn: undefined, format: format.kind, tasks });
  for await (const row of file.examples()) if (row.origin !== undefined) yield { ...row, origin: row.origin };
}

// eslint-disable-next-line @typescript-eslint/require-await -- of the same type as rows that are read
async function* noRows(): AsyncGenerator<AugmentedRow> {
  yield* [];
}

/** What being killed may cost, in milliseconds; who is asked to stop loses less than 64 rows. */
const checkpointEvery = 1000;

/** What the summary of a resumed run does not know. */
const resumedNote = (rows: number): Note[] =>
  rows === 0
    ? []
    : [
        {
          level: 'info',
          message: `resumed behind row ${rows.toLocaleString('en-US')}: what was dropped before is not counted, and gives no examples`,
        },
      ];

/** Options that decide the content, and what the data file is. */
export const digestOfRequest = async ({ data, columns, options, onlyNew }: WriteFileRequest): Promise<string> => {
  const { size, mtimeMs } = await stat(data);
  const read = { ...columns, signal: undefined };
  return digestOf({ data: resolve(data), size, mtimeMs, read, what: { ...options, threads: undefined }, onlyNew });
};

/**
 * Augments a labelled file into another: its rows, with their ids, and what is made of them, with `augmentation` and `parent`. The file
 * appears whole or not at all; when interrupted, its beginning lies in `OUTPUT.part` and `resume` goes on with it, to the same bytes.
 * @throws TaxonError
 */
export const augmentFile = async (
  request: WriteFileRequest,
  context: FileContext = {},
): Promise<AugmentationSummary> => {
  const { data, output, columns, onlyNew = false, resume = false } = request;
  if (resolve(data) === resolve(output))
    throw invalidInput(`${output} is the data file itself`, 'Name another output.');
  rowFormatOf(output);
  const opened = await openFile(request, context);
  const format = formatOf(request, opened.tasks);
  const target = await PartialFile.open(output, await digestOfRequest(request), resume);
  const { signal } = context;
  try {
    if (!resume) {
      await target.write(headerOf(format));
      if (!onlyNew) for await (const row of opened.rows()) await target.write(formatRow(row, format));
      target.mark(0, 0);
      await target.checkpoint();
    }
    const earlier =
      target.rows === 0
        ? undefined
        : { rows: target.rows, made: target.made === 0 ? noRows() : madeRows(target.part, format, columns) };
    context.onProgress?.({ stage: 'augment', rows: 0, total: opened.profile.rows });
    const run = context.augment?.(opened) ?? augmentOpened(opened, request, { ...context, resume: earlier });
    let [done, made, saved] = [target.rows, target.made, performance.now()];
    for await (const row of run) {
      if (run.rowsDone > done) {
        target.mark((done = run.rowsDone), made);
        if (performance.now() - saved > checkpointEvery) {
          await target.checkpoint();
          saved = performance.now();
        }
      }
      await target.write(formatRow(row, format));
      made++;
      if (signal?.aborted) throw TaxonError.from(signal.reason);
    }
    await target.finish();
    const summary = run.summary();
    return { ...summary, notes: [...opened.file.notes, ...resumedNote(target.rows), ...summary.notes] };
  } catch (error) {
    const left = await target.abandon();
    if (!left || !(error instanceof TaxonError)) throw error;
    const hint = `${error.hint === undefined ? '' : `${error.hint} `}What was made is kept: the same with resume goes on.`;
    throw new TaxonError({
      code: error.code,
      message: error.message,
      hint,
      violations: [...error.violations],
      cause: error,
    });
  }
};
