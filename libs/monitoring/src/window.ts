import { invalidInput } from '@taxon/errors';
import { z } from 'zod';
import type { LiveObservation, ObservedAnswer } from './observation.ts';
import { addToProfile, emptyProfile, type Profile } from './profile.ts';

export interface WindowOptions {
  /** Newest predictions kept. @default 2000 */
  size?: number;
  /** Older ones are left out; absent: no matter how old. */
  hours?: number;
  /** Newest embeddings kept. @default 500 */
  embeddings?: number;
}

/** One prediction as it is kept. */
export interface WindowEntry {
  /** Milliseconds since 1970. */
  readonly at: number;
  /** Of how much traffic it is an example: 1 / sampling rate. */
  readonly weight: number;
  readonly answers: readonly ObservedAnswer[];
  readonly embedding?: readonly number[];
}

/** A window as plain JSON. */
export interface WindowState {
  version: 1;
  entries: readonly WindowEntry[];
}

/** What a window holds, ready to be held against a reference. */
export interface WindowView {
  /** Predictions. */
  readonly n: number;
  /** Unweighted predictions that would tell as much: (Σ w)² / Σ w² (Kish, Survey Sampling, 1965). */
  readonly effectiveN: number;
  /** What turns the weighted counts of `tasks` into so many: Σ w / Σ w². */
  readonly scale: number;
  /** Weighted. */
  readonly tasks: Profile;
  /** [rows, width] with the weight of each */
  readonly embeddings: readonly { readonly row: readonly number[]; readonly weight: number }[];
}

/**
 * The newest predictions of one version. Memory is bounded by `size`; whoever fills it sees to it that each prediction is
 * added once.
 */
export interface Window {
  add(observation: LiveObservation): void;
  /** Takes in another one's predictions, as of another instance; the newest of both stay. */
  merge(other: WindowState): void;
  /** @param now decides what is too old @default the newest prediction's time */
  view(now?: Date): WindowView;
  state(): WindowState;
}

const stateSchema = z.object({
  version: z.literal(1),
  entries: z.array(
    z.object({
      at: z.number(),
      weight: z.number().positive(),
      answers: z.array(
        z.object({
          task: z.string(),
          labels: z.array(z.string()),
          probabilities: z.array(z.number().min(0).max(1)),
        }),
      ),
      embedding: z.array(z.number()).optional(),
    }),
  ),
});

/** @throws TaxonError `invalid_input` naming the place and what is wrong there */
export const readWindowState = (json: unknown, place = 'window'): WindowState => {
  const parsed = stateSchema.safeParse(json);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw invalidInput(`${place}: ${issue!.path.join('.') || 'it'}: ${issue!.message}`);
};

const newestFirst = (a: WindowEntry, b: WindowEntry): number => b.at - a.at;

/**
 * Opens a window, empty or as it was.
 * @throws TaxonError `invalid_input` naming the option that is out of range
 */
export const openWindow = (options: WindowOptions = {}, from?: WindowState): Window => {
  const { size = 2000, hours, embeddings = 500 } = options;
  if (!(Number.isInteger(size) && size > 0))
    throw invalidInput(`window size is ${size}; it is a whole number from 1 up`);
  if (hours !== undefined && !(hours > 0)) throw invalidInput(`window hours is ${hours}; it is above 0`);
  let entries = [...(from?.entries ?? [])];

  const newest = (): readonly WindowEntry[] => {
    entries = entries.sort(newestFirst).slice(0, size);
    // Embeddings are far larger than the rest.
    entries = entries.map((entry, i) =>
      i < embeddings || !entry.embedding ? entry : { ...entry, embedding: undefined },
    );
    return entries;
  };
  const keep = (more: readonly WindowEntry[]): void => {
    for (const entry of more) entries.push(entry);
    // Sorted seldom: a window holds twice its size at most.
    if (entries.length >= 2 * size) newest();
  };

  return {
    add: ({ answers, embedding, samplingRate = 1, at }) => {
      if (!(samplingRate > 0 && samplingRate <= 1))
        throw invalidInput(`sampling rate is ${samplingRate}; it is above 0 and at most 1`);
      const row = embedding !== undefined && embedding.length > 0 ? { embedding: [...embedding] } : {};
      keep([{ at: at.getTime(), weight: 1 / samplingRate, answers, ...row }]);
    },
    merge: (other) => keep(other.entries),
    view: (now) => viewOf(newest(), hours, now),
    state: () => ({ version: 1, entries: newest() }),
  };
};

const viewOf = (entries: readonly WindowEntry[], hours = Infinity, now?: Date): WindowView => {
  const oldest = (now?.getTime() ?? entries[0]?.at ?? 0) - hours * 3_600_000;
  const young = entries.filter(({ at }) => at >= oldest);
  const tasks = emptyProfile();
  let [sum, squares] = [0, 0];
  for (const entry of young) {
    addToProfile(tasks, entry, entry.weight);
    sum += entry.weight;
    squares += entry.weight ** 2;
  }
  const embeddings = young.flatMap(({ embedding, weight }) => (embedding ? [{ row: embedding, weight }] : []));
  const scale = squares === 0 ? 0 : sum / squares;
  return { n: young.length, effectiveN: sum * scale, scale, tasks, embeddings };
};
