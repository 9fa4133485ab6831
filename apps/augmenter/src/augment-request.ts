import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { augmentFile, type AugmentationSummary } from '@taxon/augmentation';
import { connectTranslator } from './connect-translator.ts';
import type { FileEvent, FileRequest, FileRun } from './engine.ts';

/** What a job's process is asked. */
export type JobRequest = FileRequest & Pick<FileRun, 'resume' | 'translator'>;

/** An augmentation of a file, in this process. */
export const augmentRequest = async (
  request: JobRequest,
  { signal, onEvent }: { signal: AbortSignal; onEvent: (event: FileEvent) => void },
): Promise<AugmentationSummary> => {
  const { input, output, options, withOriginals, resume, translator, labelColumn, ...columns } = request;
  await mkdir(dirname(output), { recursive: true });
  const connection = translator === undefined ? undefined : connectTranslator(translator);
  return augmentFile(
    {
      ...{ data: input, output, options, resume, onlyNew: !withOriginals },
      columns: { ...columns, tasks: [{ column: labelColumn, option: 'label_column' }], signal },
    },
    {
      signal,
      translator: connection?.translator,
      onProgress: ({ stage, rows, total, made }) =>
        onEvent({ kind: 'progress', stage, rows, total, kept: made?.kept ?? 0, dropped: made?.dropped ?? 0 }),
    },
  ).finally(() => connection?.close());
};
