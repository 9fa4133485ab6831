import type { z } from 'zod';

/** A kind of work that can be split: what a unit is given, what it gives back, and who does it. */
export interface WorkKind<Payload, Result> {
  /** Lower case, e.g. `predict`. */
  readonly name: string;
  /** What comes from a bus is checked before it is believed. */
  readonly payload: z.ZodType<Payload>;
  readonly result: z.ZodType<Result>;
}

/** Does one unit. The same unit may be done twice, by two processes: it must give the same result, and no harm. */
export type DoWork<Payload, Result> = (payload: Payload, options: { signal: AbortSignal }) => Promise<Result>;

/** A kind with who does it, its types forgotten. */
export interface Worker {
  readonly name: string;
  /** @throws TaxonError `invalid_input` for a payload that is none of this kind */
  run(payload: unknown, options: { signal: AbortSignal }): Promise<unknown>;
}
