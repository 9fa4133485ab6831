import { checkMethods, hasPartialFile, methodTable, type AugmentationSummary, type MethodKind, type Row, type Slice, type SliceResult } from '@taxon/augmentation'; // prettier-ignore
import { entryUrl, forkJob, streamThroughWorker } from '@taxon/entries';
import type { AugmentationEngine, FileEvent, Made } from './engine.ts';

/** A stream's methods with the largest lexicon fill less than half of it; more is a leak. */
const maxHeapMegabytes = 1024;

/** `@taxon/augmentation`: streams in a thread, files in a process of their own. */
export const libraryEngine: AugmentationEngine = {
  methods: Object.entries(methodTable as Record<string, MethodKind>)
    .map(([name, { description, streamed, paths }]) => ({ name, description, streamed, paths }))
    .sort((a, b) => (a.name < b.name ? -1 : 1)),
  checkMethods: ({ methods, language }) => void checkMethods(methods, { language }),
  stream: (request, batches, { signal }) =>
    streamThroughWorker<Row[], Made>(entryUrl('augment-stream', import.meta.url), request, batches, {
      ...{ signal, name: 'augmentation', maxHeapMegabytes },
    }),
  slices: (request, slices, { signal }) =>
    streamThroughWorker<Slice, SliceResult>(entryUrl('augment-slices', import.meta.url), request, slices, {
      ...{ signal, name: 'augmentation', maxHeapMegabytes },
    }),
  run: (request, { resume, translator, ...options }) =>
    forkJob<FileEvent, AugmentationSummary>(
      entryUrl('augmentation-job', import.meta.url),
      { ...request, resume, translator },
      { ...options, name: 'augmentation' },
    ),
  canResume: ({ output }) => hasPartialFile(output),
};
