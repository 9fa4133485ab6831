import type { WorkKind } from '@taxon/work';
import { z } from 'zod';

const payload = z.object({
  /** With absolute paths, of folders that all who take part see. Checked as every recipe is. */
  recipe: z.unknown(),
  /** Of `planWaves`. */
  part: z.string(),
});
const result = z.object({ part: z.string() });

/** One of the trainings of a run of many, done by whichever trainer takes it; its result lies in the run's checkpoint folder. */
export const trainingKind: WorkKind<z.output<typeof payload>, z.output<typeof result>> = {
  ...{ name: 'training', payload, result },
};
