import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { augmentFile, type AugmentationSummary } from '@taxon/augmentation';
import type { FileEvent, FileRequest } from './engine.ts';

/** What a job's process is asked. */
export type JobRequest = FileRequest & { resume: boolean };

/** An augmentation of a file, in this process. */
export const augmentRequest = async (
  request: JobRequest,
  { signal, onEvent }: { signal: AbortSignal; onEvent: (event: FileEvent) => void },
): Promise<AugmentationSummary> => {
  const { input, output, options, withOriginals, resume, labelColumn, ...columns } = request;
  await mkdir(dirname(output), { recursive: true });
  return augmentFile(
    {
      ...{ data: input, output, options, resume, onlyNew: !withOriginals },
      columns: { ...columns, tasks: [{ column: labelColumn, option: 'label_column' }], signal },
    },
    {
      signal,
      onProgress: ({ stage, rows, total, made }) =>
        onEvent({ kind: 'progress', stage, rows, total, kept: made?.kept ?? 0, dropped: made?.dropped ?? 0 }),
    },
  );
};
