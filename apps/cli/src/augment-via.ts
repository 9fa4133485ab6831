import { existsSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { absoluteOptions, libraryEngine, sliceKind, type SliceUnit } from '@taxon/app-augmenter/shared';
import {
  augmentFile,
  augmentSliced,
  digestOfRequest,
  sliceOptions,
  sliceResultSchema,
  type AugmentationSummary,
  type FileContext,
  type NamedSlice,
  type OpenedFile,
  type WriteFileRequest,
} from '@taxon/augmentation';
import type { EventBus } from '@taxon/events';
import { writeWhole } from '@taxon/evaluation';
import { runUnits, type Unit } from '@taxon/work';
import { openViaRun } from './via-run.ts';

/** Units that are asked for and not answered: some MB. */
const window = 16;

export interface AugmentViaContext extends Pick<FileContext, 'onProgress'> {
  bus: EventBus;
  signal: AbortSignal;
}

/**
 * Has a file's rows augmented by whichever augmenters take them from the bus, and joins what they made. What is done is kept in
 * `OUTPUT.run/`: the same command goes on after it was stopped or killed.
 * @throws TaxonError `invalid_input` when the folder is of another run; as `augmentFile`
 */
export const augmentVia = async (
  request: Omit<WriteFileRequest, 'resume'>,
  { bus, onProgress, signal }: AugmentViaContext,
): Promise<AugmentationSummary> => {
  const folder = `${request.output}.run`;
  const fileOf = (name: string): string => join(folder, `${name}.json`);
  const isKept = (name: string): boolean => existsSync(fileOf(name));
  const options = absoluteOptions(request.options, libraryEngine.methods);

  const haveDone = async (slices: AsyncIterable<NamedSlice>, { tasks, profile }: OpenedFile): Promise<void> => {
    const digest = await digestOfRequest(request);
    const run = await openViaRun(folder, { digest }, 'other options or another data file');
    /** Rows of what is under way. */
    const asked = new Map<string, number>();
    let done = 0;
    const tell = (rows: number): void => onProgress?.({ stage: 'augment', rows: (done += rows), total: profile.rows });
    async function* units(): AsyncGenerator<Unit<SliceUnit>> {
      for await (const { name, slice, rows } of slices) {
        if (isKept(name)) tell(rows);
        else {
          asked.set(name, rows);
          yield { name, payload: { options: sliceOptions(options), tasks, slice } };
        }
      }
    }
    await runUnits({
      ...{ bus, kind: sliceKind, ...run, units: units(), window, source: '/cli', isKept, signal },
      onResult: async (name, result) => {
        await writeWhole(fileOf(name), [JSON.stringify(result)]);
        tell(asked.get(name) ?? 0);
        asked.delete(name);
      },
    });
  };
  const summary = await augmentFile(request, {
    ...{ signal, onProgress },
    augment: (opened) =>
      augmentSliced(opened, options, {
        haveDone: (slices) => haveDone(slices, opened),
        resultOf: async (name) => sliceResultSchema.parse(JSON.parse(await readFile(fileOf(name), 'utf8'))),
      }),
  });
  await rm(folder, { recursive: true, force: true });
  return summary;
};
