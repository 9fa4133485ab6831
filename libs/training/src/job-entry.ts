// The process of one training job.
import { serveJob } from '@taxon/entries';
import type { TrainingRequest } from './job.ts';
import type { TrainingEvent, TrainingResult } from './progress.ts';
import { runRecipe, runTrainingPart } from './run-recipe.ts';

serveJob<TrainingRequest, TrainingEvent, TrainingResult | undefined>(async ({ recipe, resume, part }, options) => {
  if (part === undefined) return runRecipe(recipe, { ...options, resume });
  await runTrainingPart(recipe, part, { ...options, resume });
  return undefined;
});
