// The thread of one stream.
import { augmentRows } from '@taxon/augmentation';
import { serveStream } from '@taxon/entries';
import { augmentBatches } from './augment-batches.ts';

serveStream(augmentBatches(augmentRows));
