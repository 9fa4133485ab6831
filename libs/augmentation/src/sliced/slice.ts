import { z } from 'zod';
import { dropReasons } from '../summary.ts';

const count = z.int().min(0);

/** Rows of a dataset that are augmented together: all that whoever does it needs to know, as plain JSON. */
export const sliceSchema = z.object({
  rows: z.array(
    z.object({
      id: z.string(),
      text: z.string(),
      pair: z.string().optional(),
      /** By task; null where not known. */
      labels: z.array(z.array(z.string()).nullable()),
      /** Texts that it is asked for. */
      wanted: z.int().min(1),
    }),
  ),
  /** Texts of the slice's rows that are asked for nothing: not to be repeated. */
  others: z.array(z.string()),
  /** Texts of other rows that methods ask for, by `labelsKey`. */
  pool: z.array(z.tuple([z.string(), z.array(z.string())])),
});

/** What was made of a slice. It depends on the slice and the options alone, not on who made it. */
export const sliceResultSchema = z.object({
  /** In the order of the rows. `row`: place in the slice's `rows`. */
  made: z.array(z.object({ row: count, method: z.string(), text: z.string(), similarity: z.number().optional() })),
  /** What was dropped, by method, and a few of them. */
  dropped: z.array(
    z.object({
      method: z.string(),
      counts: z.record(z.enum(dropReasons), count),
      examples: z.array(
        z.object({
          row: count,
          to: z.string(),
          reason: z.enum(dropReasons),
          similarity: z.number().optional(),
          answer: z.string().optional(),
        }),
      ),
    }),
  ),
});

export type Slice = z.output<typeof sliceSchema>;
export type SliceResult = z.output<typeof sliceResultSchema>;
