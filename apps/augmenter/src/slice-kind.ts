import { sliceResultSchema, sliceSchema } from '@taxon/augmentation';
import type { WorkKind } from '@taxon/work';
import { z } from 'zod';

const payload = z.object({
  /** With absolute paths, of files that all who take part see. Checked as those of every call are. */
  options: z.unknown(),
  tasks: z.array(z.object({ name: z.string(), kind: z.enum(['single-label', 'multi-label']) })),
  slice: sliceSchema,
});

export type SliceUnit = z.output<typeof payload>;

/** Rows of a large file, augmented by whichever augmenter takes them. */
export const sliceKind: WorkKind<SliceUnit, z.output<typeof sliceResultSchema>> = {
  ...{ name: 'augment', payload, result: sliceResultSchema },
};
