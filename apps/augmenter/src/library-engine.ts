import { checkMethods, methodTable, type MethodKind, type Row } from '@taxon/augmentation';
import { entryUrl, streamThroughWorker } from '@taxon/entries';
import type { AugmentationEngine, Made } from './engine.ts';

/** WordNet with its index fills some 300 MB; more than twice that is a leak. */
const maxHeapMegabytes = 1024;

/** Read other rows of a class, which a stream has not. */
const needsOthers = ['mix'];

/** `@taxon/augmentation`, as far as streams go. */
export const libraryStreams: Pick<AugmentationEngine, 'methods' | 'checkMethods' | 'stream'> = {
  methods: Object.entries(methodTable as Record<string, MethodKind>)
    .map(([name, { description }]) => ({ name, description, streamed: !needsOthers.includes(name) }))
    .sort((a, b) => (a.name < b.name ? -1 : 1)),
  checkMethods: ({ methods }) => void checkMethods(methods),
  stream: (request, batches, { signal }) =>
    streamThroughWorker<Row[], Made>(entryUrl('augment-stream', import.meta.url), request, batches, {
      ...{ signal, name: 'augmentation', maxHeapMegabytes },
    }),
};
