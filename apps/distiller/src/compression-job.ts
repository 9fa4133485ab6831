import { compress, type CompressionEvent, type CompressionReport } from '@taxon/distillation';
import { readDataset, readTexts, type Note } from '@taxon/data';
import { entryUrl, forkJob, type ForkOptions } from '@taxon/entries';
import type { TextInput } from '@taxon/models';
import type { CompressionRequest } from './compression-request.ts';

interface CompressionContext {
  signal: AbortSignal;
  onEvent: (event: CompressionEvent) => void;
}

const inputOf = ({ text, pair }: { text: string; pair?: string }): TextInput =>
  pair === undefined ? text : { text, pair };

/** Files to a compressed model, in this process. */
export const compressFiles = async (
  request: CompressionRequest,
  { signal, onEvent }: CompressionContext,
): Promise<CompressionReport> => {
  const { model, validation, calibrationFile, ...options } = request;
  const tell = (notes: readonly Note[]): void => {
    for (const { level, message } of notes) onEvent({ kind: 'notice', level, message });
  };
  onEvent({ kind: 'stage', stage: 'read' });
  const { path, labelColumn, ...columns } = validation;
  const labelled = await readDataset(path, { ...columns, tasks: [{ column: labelColumn }], signal });
  tell(labelled.notes);
  const calibration = calibrationFile && (await readTexts(calibrationFile.path, { ...calibrationFile, signal }));
  tell(calibration?.notes ?? []);
  const data = { validation: labelled.examples, calibrationTexts: calibration?.texts.map(inputOf) };
  return compress(model, { ...options, ...data }, { signal, onEvent });
};

/** `compressFiles` in a process of its own. Rejects with a TaxonError. */
export const runCompressionJob = (
  request: CompressionRequest,
  options: Pick<ForkOptions<CompressionEvent>, 'signal' | 'onEvent' | 'patience'>,
): Promise<CompressionReport> =>
  forkJob<CompressionEvent, CompressionReport>(entryUrl('compression-job', import.meta.url), request, {
    ...options,
    name: 'compression',
  });
