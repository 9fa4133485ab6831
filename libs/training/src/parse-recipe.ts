import { readFile } from 'node:fs/promises';
import { invalidInput, nearestName, type Violation } from '@taxon/errors';
import { parse as parseYaml } from 'yaml';
import { z } from 'zod';
import { recipeSchema, type Recipe } from './recipe.ts';

/** All option names at a path of the schema, for "did you mean". */
const namesAt = (whole: z.ZodType, path: readonly PropertyKey[]): string[] => {
  let schema = whole;
  for (const key of path) {
    while (schema instanceof z.ZodPrefault || schema instanceof z.ZodDefault || schema instanceof z.ZodOptional)
      schema = schema.unwrap() as z.ZodType;
    if (!(schema instanceof z.ZodObject)) return [];
    schema = (schema.shape as Record<string, z.ZodType>)[String(key)] ?? z.never();
  }
  while (schema instanceof z.ZodPrefault || schema instanceof z.ZodDefault) schema = schema.unwrap() as z.ZodType;
  return schema instanceof z.ZodObject ? Object.keys(schema.shape) : [];
};

const violationsOf = (schema: z.ZodType, issue: z.core.$ZodIssue, input: unknown): Violation[] => {
  const field = issue.path.map(String).join('.') || 'recipe';
  if (issue.code === 'unrecognized_keys') {
    const names = namesAt(schema, issue.path);
    return issue.keys.map((key) => {
      const near = nearestName(key, names);
      const known = near === undefined ? `known: ${names.join(', ')}` : `did you mean '${near}'?`;
      return { field: [...issue.path.map(String), key].join('.'), description: `unknown option; ${known}` };
    });
  }
  const value = issue.path.reduce<unknown>((at, key) => (at as Record<PropertyKey, unknown> | undefined)?.[key], input);
  const shown = value === undefined ? 'missing' : `got ${JSON.stringify(value)}`;
  return [{ field, description: `${issue.message} (${shown})` }];
};

/**
 * Options from outside, checked whole against their schema.
 * @param source named in the message, e.g. the file's path
 * @throws TaxonError `invalid_input` that lists every wrong option with its value and what would be right
 */
export const parseOptions = <Schema extends z.ZodType>(
  schema: Schema,
  input: unknown,
  source: string,
): z.output<Schema> => {
  const result = schema.safeParse(input);
  if (result.success) return result.data;
  const violations = result.error.issues.flatMap((issue) => violationsOf(schema, issue, input));
  const lines = violations.map(({ field, description }) => `${field}: ${description}`);
  throw invalidInput(`${source}: ${lines.join('; ')}`, undefined, violations);
};

/** A recipe from outside: `parseOptions` against the recipe's schema. */
export const parseRecipe = (input: unknown, source = 'recipe'): Recipe => parseOptions(recipeSchema, input, source);

/** The recipe file (YAML or JSON) as plain data, not yet validated: options given elsewhere may still be laid over it. */
export const readRecipe = async (path: string): Promise<Record<string, unknown>> => {
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw invalidInput(`${path}: cannot read the recipe: ${cause instanceof Error ? cause.message : String(cause)}`);
  });
  let value: unknown;
  try {
    value = parseYaml(text);
  } catch (cause) {
    throw invalidInput(`${path}: not valid YAML or JSON: ${cause instanceof Error ? cause.message : String(cause)}`);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw invalidInput(
      `${path}: a recipe is a mapping of options, this is ${Array.isArray(value) ? 'a list' : String(value)}`,
    );
  return value as Record<string, unknown>;
};
