import { invalidInput, nearestName, type Violation } from '@taxon/errors';
import { z } from 'zod';

/** The names of an object's options at a path of a schema. */
const namesAt = (schema: z.ZodType, path: readonly PropertyKey[]): string[] => {
  let at: z.ZodType = schema;
  const unwrap = (): void => {
    while (at instanceof z.ZodPrefault || at instanceof z.ZodDefault || at instanceof z.ZodOptional)
      at = at.unwrap() as z.ZodType;
  };
  for (const key of path) {
    unwrap();
    if (at instanceof z.ZodArray) at = at.element as z.ZodType;
    else if (at instanceof z.ZodObject) at = (at.shape as Record<string, z.ZodType>)[String(key)] ?? z.never();
    else return [];
  }
  unwrap();
  return at instanceof z.ZodObject ? Object.keys(at.shape) : [];
};

const violationsOf = (issue: z.core.$ZodIssue, schema: z.ZodType, input: unknown, source: string): Violation[] => {
  const path = issue.path.map(String);
  if (issue.code === 'unrecognized_keys') {
    const names = namesAt(schema, issue.path);
    return issue.keys.map((key) => {
      const near = nearestName(key, names);
      const known = near === undefined ? `known: ${names.join(', ')}` : `did you mean '${near}'?`;
      return { field: [source, ...path, key].join('.'), description: `unknown option; ${known}` };
    });
  }
  const value = issue.path.reduce<unknown>((at, key) => (at as Record<PropertyKey, unknown> | undefined)?.[key], input);
  const shown = value === undefined ? 'missing' : `got ${JSON.stringify(value)}`;
  return [{ field: [source, ...path].join('.'), description: `${issue.message} (${shown})` }];
};

/**
 * Options from outside, checked whole.
 * @param source what messages call them
 * @throws TaxonError `invalid_input` that lists every wrong option with its value and what would be right
 */
export const checkOptions = <Schema extends z.ZodType>(
  schema: Schema,
  input: unknown,
  source: string,
): z.output<Schema> => {
  const result = schema.safeParse(input);
  if (result.success) return result.data;
  const violations = result.error.issues.flatMap((issue) => violationsOf(issue, schema, input, source));
  const lines = violations.map(({ field, description }) => `${field}: ${description}`);
  throw invalidInput(lines.join('; '), undefined, violations);
};
