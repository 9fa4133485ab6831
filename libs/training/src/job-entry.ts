// The process of one training job.
import { serveJob } from '@taxon/entries';
import type { TrainingRequest } from './job.ts';
import type { TrainingEvent, TrainingResult } from './progress.ts';
import { runRecipe } from './run-recipe.ts';

serveJob<TrainingRequest, TrainingEvent, TrainingResult>(({ recipe, resume }, options) =>
  runRecipe(recipe, { ...options, resume }),
);
