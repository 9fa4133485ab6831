// The thread of the slices of one run.
import { serveStream } from '@taxon/entries';
import { augmentSlices } from './augment-slices.ts';

serveStream(augmentSlices);
