// The process of one distillation job.
import { serveJob } from '@taxon/entries';
import { distil } from './distil.ts';
import type { DistillationRequest } from './job.ts';
import type { DistillationEvent, DistillationResult } from './progress.ts';

serveJob<DistillationRequest, DistillationEvent, DistillationResult>(({ options, resume }, rest) =>
  distil(options, { ...rest, resume }),
);
