import { createRandom } from '@taxon/data';
import { invalidInput } from '@taxon/errors';
import { z } from 'zod';
import { confidenceBins, type Observation } from './observation.ts';
import { addToProfile, emptyProfile, type Profile } from './profile.ts';

/** What a version's answers look like where all is well: those to its validation texts. Plain JSON. */
export interface Reference {
  kind: 'monitoring-reference';
  version: 1;
  /** Texts. */
  n: number;
  tasks: Profile;
  /** [rows, width] of texts drawn at random; empty where embeddings are not kept. */
  embeddings: number[][];
}

export interface ReferenceOptions {
  /** Embeddings kept. @default 500 */
  embeddings?: number;
  /** Of the draw. @default 0 */
  seed?: number;
}

/**
 * Keeps each of the items offered with the same chance (Vitter 1985, algorithm R), in memory for `size` of them.
 * @returns the function that offers an item
 */
const createReservoir = <T>(kept: T[], size: number, seed: number): ((item: T) => void) => {
  const random = createRandom(seed);
  let seen = 0;
  return (item) => {
    const place = seen < size ? seen : Math.floor(random() * (seen + 1));
    seen += 1;
    if (place < size) kept[place] = item;
  };
};

/** Five significant digits: a distance needs no more, and the file is half as long. */
const rounded = (x: number): number => Number(x.toPrecision(5));

export const createReference = (
  observations: Iterable<Observation>,
  { embeddings: size = 500, seed = 0 }: ReferenceOptions = {},
): Reference => {
  const tasks = emptyProfile();
  const embeddings: number[][] = [];
  const offer = createReservoir(embeddings, size, seed);
  let n = 0;
  for (const observation of observations) {
    n += 1;
    addToProfile(tasks, observation);
    if (observation.embedding !== undefined && observation.embedding.length > 0)
      offer(Array.from(observation.embedding, rounded));
  }
  return { kind: 'monitoring-reference', version: 1, n, tasks, embeddings };
};

const count = z.number().min(0);
export const profileSchema = z.record(
  z.string(),
  z.object({
    n: count,
    labels: z.record(z.string(), count),
    none: count,
    confidence: z.array(count).length(confidenceBins),
  }),
);
const referenceSchema = z.object({
  kind: z.literal('monitoring-reference'),
  version: z.literal(1),
  n: count,
  tasks: profileSchema,
  embeddings: z
    .array(z.array(z.number()))
    .refine((rows) => rows.every((row) => row.length === rows[0]!.length), 'its rows differ in width'),
});

/**
 * A reference that was kept as JSON, checked.
 * @param place names it in the error, such as its file
 * @throws TaxonError `invalid_input` naming the place and what is wrong there
 */
export const readReference = (json: unknown, place = 'reference'): Reference => {
  const parsed = referenceSchema.safeParse(json);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw invalidInput(
    `${place}: ${issue!.path.join('.') || 'it'}: ${issue!.message}`,
    "make it anew of the version's answers to its validation texts",
  );
};
