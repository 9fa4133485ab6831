// The process of one job.
import type { AugmentationSummary } from '@taxon/augmentation';
import { serveJob } from '@taxon/entries';
import { augmentRequest, type JobRequest } from './augment-request.ts';
import type { FileEvent } from './engine.ts';

serveJob<JobRequest, FileEvent, AugmentationSummary>(augmentRequest);
