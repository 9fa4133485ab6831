// The process of one compression job.
import type { CompressionEvent, CompressionReport } from '@taxon/distillation';
import { serveJob } from '@taxon/entries';
import { compressFiles } from './compression-job.ts';
import type { CompressionRequest } from './compression-request.ts';

serveJob<CompressionRequest, CompressionEvent, CompressionReport>(compressFiles);
