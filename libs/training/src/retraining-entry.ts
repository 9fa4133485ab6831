// The process that prepares a retraining, or keeps with a model what it learnt.
import { serveJob } from '@taxon/entries';
import type { RetrainingRequest, RetrainingAnswer } from './retraining-job.ts';
import { keepDataParts, prepareRetraining } from './retraining/prepare-retraining.ts';

serveJob<RetrainingRequest, never, RetrainingAnswer>(async (request, { signal }) => {
  if (request.kind === 'prepare') return { retraining: await prepareRetraining({ ...request.options, signal }) };
  return { parts: await keepDataParts(request.model, request.recipe, signal) };
});
