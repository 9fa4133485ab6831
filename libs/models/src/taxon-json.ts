import { join } from 'node:path';
import { invalidInput } from '@taxon/errors';
import { z } from 'zod';
import { digestOf } from './digest.ts';
import { readOptionalJson } from './read-json.ts';

/** `taxon.json`: what Hugging Face's own files have no place for. Files of a later format are refused. */
export const formatVersion = 2;

const headSchema = z.strictObject({
  kind: z.enum(['dense', 'pooler', 'prompt']),
  pooling: z.enum(['mean', 'cls', 'mask']),
  normalize: z.boolean(),
  classes: z.int().min(2),
  layerNormEpsilon: z.number().positive().optional(),
});

const spaceSchema = z
  .strictObject({
    tasks: z
      .array(
        z.strictObject({
          name: z.string().min(1),
          kind: z.enum(['single-label', 'multi-label']),
          labels: z.array(z.string()).min(1),
        }),
      )
      .min(1),
    hierarchy: z.strictObject({ parents: z.array(z.int().min(0)) }).optional(),
  })
  .refine(
    ({ tasks, hierarchy }) =>
      hierarchy === undefined ||
      (tasks.length === 2 &&
        hierarchy.parents.length === tasks[1]!.labels.length &&
        hierarchy.parents.every(
          (parent, i) => parent < tasks[0]!.labels.length && parent >= (hierarchy.parents[i - 1] ?? 0),
        )),
    'a hierarchy has a coarse and a fine task, and a parent for every fine label, in order',
  );

const ruleSchema = z.strictObject({
  decoding: z.enum(['joint', 'greedy']).optional(),
  tasks: z
    .array(
      z.strictObject({
        thresholds: z.array(z.number().min(0).max(1)).optional(),
        abstainBelow: z.number().min(0).max(1).optional(),
      }),
    )
    .optional(),
});

/** Only digests of files within the folder are believed. */
export const relativePath = z
  .string()
  .regex(/^[^/\\]+(\/[^/\\]+)*$/)
  .refine((path) => !path.split('/').includes('..'), 'leaves the model folder');

export const taxonJsonSchema = z.object({
  formatVersion: z.literal(formatVersion, {
    error: ({ input }) => `is ${String(input)}; this version of Taxon reads ${formatVersion}`,
  }),
  space: spaceSchema,
  rule: ruleSchema,
  head: headSchema,
  maxLength: z.int().min(2),
  /** The model reads two texts at a time. */
  pairs: z.boolean().optional(),
  /** How a prompt head asks. */
  prompt: z
    .strictObject({ template: z.string(), words: z.array(z.array(z.string())), maskId: z.int().min(0) })
    .optional(),
  /** What the numbers are stored in, where it is not fp32; int8 is computed in 8 bits, float16 in fp32. */
  precision: z.enum(['float16', 'int8']).optional(),
  /** Where the model comes from: encoder, recipe, data. Free of form. */
  lineage: z.record(z.string(), z.json()),
  /** SHA-256 of every other file, by path from the folder. */
  digests: z.record(relativePath, z.string().regex(/^[0-9a-f]{64}$/)),
});

export type TaxonJson = z.output<typeof taxonJsonSchema>;

/** @returns undefined for folders made by others */
export const readTaxonJson = (folder: string): Promise<TaxonJson | undefined> =>
  readOptionalJson(join(folder, 'taxon.json'), taxonJsonSchema);

/** Files that loading reads. The card and the ONNX graph are for others, who know nothing of digests. */
const isRead = (path: string): boolean => !/(^|\/)(onnx\/|README\.md$)/.test(path);

/**
 * Compares the files that loading reads with their digests.
 * @throws TaxonError `invalid_input` naming the file that is missing or was changed
 */
export const checkDigests = async (
  folder: string,
  { digests }: Pick<TaxonJson, 'digests'>,
  signal?: AbortSignal,
): Promise<void> => {
  for (const [path, expected] of Object.entries(digests).filter(([name]) => isRead(name))) {
    const actual = await digestOf(join(folder, path), signal);
    if (actual !== expected)
      throw invalidInput(
        `${join(folder, path)}: its SHA-256 is ${actual.slice(0, 12)}…; taxon.json says ${expected.slice(0, 12)}…`,
        'The file was changed or damaged after the model was saved: copy the folder again, or save the model anew.',
      );
  }
};
