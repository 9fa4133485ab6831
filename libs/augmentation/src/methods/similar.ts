import { readTexts } from '@taxon/data';
import { TaxonError } from '@taxon/errors';
import { loadTextEncoder, type TextEncoder } from '@taxon/models';
import { z } from 'zod';
import type { MethodKind } from '../method.ts';
import { labelsKey, type DatasetProfile } from '../profile.ts';
import type { Row } from '../row.ts';
import { SeenTexts } from '../seen-texts.ts';
import { dot, nearestPlaces, nearestPlace } from '../vectors.ts';

const options = z.strictObject({
  /** File of unlabelled texts: CSV, TSV, JSONL, JSON, or TXT with a text a line. */
  texts: z.string({ error: 'the method similar needs texts=FILE, a file of unlabelled texts' }).min(1),
  textColumn: z.string().default('text'),
  /** Smallest cosine with the row's embedding. */
  least: z.number().min(0).max(1).default(0.4),
  /** How much nearer than to any other class's centre a text must be to its own: cosine less that of the runner-up. */
  margin: z.number().min(0).max(2).default(0.1),
  /** Texts that are read at most: all are embedded before the first row, and their embeddings kept. */
  limit: z.int().positive().default(50_000),
});

/** Labelled texts that decide whose a found text is, at most. */
const judges = 20_000;

/** Rows whose neighbours are remembered: several texts of one row are asked for one after the other. */
const remembered = 2048;

interface Found {
  texts: string[];
  vectors: Float32Array[];
  /** Whose a text is, or nobody's; empty where there are no labelled texts to tell. */
  keys: (string | undefined)[];
}

const sampleOf = (profile: DatasetProfile): { texts: string[]; keys: string[] } => {
  const texts: string[] = [];
  const keys: string[] = [];
  for (const [key, own] of profile.pool)
    for (const text of own) {
      if (texts.length === judges) return { texts, keys };
      texts.push(text);
      keys.push(key);
    }
  return { texts, keys };
};

/** Different texts that are no row's. */
const readFound = async (
  { texts: path, textColumn, limit }: z.output<typeof options>,
  profile: DatasetProfile | undefined,
  signal?: AbortSignal,
): Promise<string[]> => {
  const file = await readTexts(path, { textColumn, signal });
  const own = new SeenTexts();
  return file.texts
    .map(({ text }) => text)
    .filter((text) => {
      const form = own.formOf(text);
      return text.trim() !== '' && profile?.seen.has(form) !== true && !own.add(form);
    })
    .slice(0, limit);
};

/** Mean directions of the vectors of each key. */
const centresOf = (vectors: readonly Float32Array[], keys: readonly string[]): Map<string, Float32Array> => {
  const centres = new Map<string, Float32Array>();
  vectors.forEach((vector, i) => {
    const centre = centres.get(keys[i]!) ?? new Float32Array(vector.length);
    vector.forEach((value, k) => (centre[k]! += value));
    centres.set(keys[i]!, centre);
  });
  for (const centre of centres.values()) {
    const norm = Math.sqrt(dot(centre, centre)) || 1;
    centre.forEach((value, k) => (centre[k] = value / norm));
  }
  return centres;
};

/**
 * The labels that a text surely has: its nearest labelled text and the nearest centre of a label set agree, and that centre is nearer by
 * `margin` than the next.
 */
const createOwner = (vectors: readonly Float32Array[], keys: readonly string[], margin: number) => {
  const centres = [...centresOf(vectors, keys)];
  return (vector: Float32Array): string | undefined => {
    let [best, first, second] = [undefined as string | undefined, -Infinity, -Infinity];
    for (const [key, centre] of centres) {
      const likeness = dot(vector, centre);
      if (likeness > first) [best, first, second] = [key, likeness, first];
      else if (likeness > second) second = likeness;
    }
    return first - second >= margin && keys[nearestPlace(vector, vectors)] === best ? best : undefined;
  };
};

const embedFound = async (
  texts: string[],
  encoder: TextEncoder,
  profile: DatasetProfile | undefined,
  { margin, signal }: { margin: number; signal?: AbortSignal },
): Promise<Found> => {
  const vectors = await encoder.embed(texts, { signal });
  if (profile === undefined) return { texts, vectors, keys: texts.map(() => '') };
  const sample = sampleOf(profile);
  const ownerOf = createOwner(await encoder.embed(sample.texts, { signal }), sample.keys, margin);
  return { texts, vectors, keys: vectors.map(ownerOf) };
};

/**
 * Real texts of an unlabelled file that are near a row, the nearest first. Where the dataset was gone through before, a text is only given
 * to rows whose labels it surely has (`createOwner`, by a sample of 32 texts of each label set), which makes this self-training with
 * texts that are picked one by one.
 */
export const similar: MethodKind<typeof options> = {
  description: 'finds near neighbours in a file of unlabelled texts, by an encoder’s embeddings (texts=FILE)',
  options,
  batch: 64,
  streamed: false,
  pool: 'all',
  paths: { texts: 'file' },
  async open(own, { encoder: name, profile, threads, signal }) {
    if (name === undefined)
      throw new TaxonError({
        code: 'failed_precondition',
        message: 'similar needs an encoder, and none is named',
        hint: 'Set encoder, such as all-MiniLM-L6-v2.',
      });
    const texts = await readFound(own, profile, signal);
    const encoder = await loadTextEncoder(name, { threads, signal });
    let found: Found;
    try {
      found = await embedFound(texts, encoder, profile, { margin: own.margin, signal });
    } catch (error) {
      await encoder.dispose();
      throw error;
    }
    const placesOf = new Map<string, number[]>();
    found.keys.forEach((key, i) => {
      if (key !== undefined) placesOf.set(key, [...(placesOf.get(key) ?? []), i]);
    });
    const neighbours = new Map<string, number[]>();
    const remember = (row: Row, vector: Float32Array): void => {
      if (neighbours.size >= remembered) neighbours.delete(neighbours.keys().next().value!);
      const places = placesOf.get(profile === undefined ? '' : labelsKey(row.labels)) ?? [];
      const near = places.filter((place) => dot(vector, found.vectors[place]!) >= own.least);
      neighbours.set(row.id, nearestPlaces(vector, found.vectors, near));
    };
    return {
      async make(wanted, stop) {
        const fresh = [...new Map(wanted.map(({ row }) => [row.id, row])).values()].filter(
          ({ id }) => !neighbours.has(id),
        );
        const vectors = await encoder.embed(
          fresh.map(({ text }) => text),
          { signal: stop },
        );
        fresh.forEach((row, i) => remember(row, vectors[i]!));
        return wanted.map(({ row, attempt }) => {
          const place = neighbours.get(row.id)?.[attempt];
          return place === undefined ? undefined : found.texts[place];
        });
      },
      dispose: () => encoder.dispose(),
    };
  },
};
