import { invalidInput } from '@taxon/errors';
import type { z } from 'zod';

export const toBytes = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));

/** @throws TaxonError `invalid_input` naming the field that is wrong */
export const parseChecked = <T>(value: unknown, schema: z.ZodType<T>, what: string): T => {
  const { data, error } = schema.safeParse(value);
  if (error === undefined) return data;
  const [issue] = error.issues;
  throw invalidInput(`${what}: ${issue!.path.join('.')}: ${issue!.message}`);
};

/** @throws TaxonError `invalid_input` for bytes that are no JSON */
export const fromBytes = (bytes: Uint8Array, what: string): unknown => {
  try {
    return JSON.parse(Buffer.from(bytes).toString('utf8')) as unknown;
  } catch (error) {
    throw invalidInput(`${what}: not valid JSON: ${(error as Error).message}`);
  }
};
