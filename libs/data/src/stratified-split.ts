import { invalidInput } from '@taxon/errors';
import type { Example } from './example.ts';
import { iterativeStratification } from './iterative-stratification.ts';
import { leakNotes, leaksOf } from './leaks.ts';
import { countOf, firstFew, type Note } from './note.ts';
import { createRandom, hashName, shuffle } from './random.ts';
import { strataOf, type Strata, type Unit } from './strata.ts';

const partNames = ['train', 'validation', 'test'] as const;
type PartName = (typeof partNames)[number];

export interface SplitOptions {
  /** Weights of the parts, divided by their sum; `train` above 0, 0 leaves a part empty. @default 0.7, 0.15, 0.15 */
  train?: number;
  validation?: number;
  test?: number;
  /** Any integer; the lower 32 bits count. @default 0 */
  seed?: number;
  /** The tasks are [coarse, fine]: the fine label is what counts. @default false */
  hierarchical?: boolean;
  /** What notes call the tasks, in the order of the labels. @default their numbers */
  tasks?: readonly { name: string }[];
  /** The file that the examples are of: those without an id are known by it, as parents of texts that were made. */
  path?: string;
}

export interface Split extends Record<PartName, Example[]> {
  notes: Note[];
}

/** Sizes of the parts for n examples: largest remainder, ties to the earlier part, at least one to train. */
const partSizes = (n: number, shares: readonly number[]): number[] => {
  const sizes = shares.map((share) => Math.floor(n * share + 1e-9)); // 20 × 0.15 is 2.9999999999999996
  const order = shares
    .map((_, i) => i)
    .sort((a, b) => n * shares[b]! - sizes[b]! - (n * shares[a]! - sizes[a]!) || a - b);
  let left = n - sizes.reduce((sum, size) => sum + size, 0);
  for (const i of order) if (left > 0 && shares[i]! > 0) [sizes[i], left] = [sizes[i]! + 1, left - 1];
  if (n > 0 && sizes[0] === 0) {
    sizes[sizes.indexOf(Math.max(...sizes))]! -= 1;
    sizes[0] = 1;
  }
  return sizes;
};

/** The stratum that most of the unit is in; the first one seen in a tie. */
const mainStratum = ({ keys, counts }: Unit): number => keys[counts.indexOf(Math.max(...counts))]!;

/** Puts one class's units into parts, largest first, each where most places are free. Returns the part of every unit. */
const placeClass = (sizes: readonly number[], shares: readonly number[]): number[] => {
  const free = partSizes(
    sizes.reduce((sum, size) => sum + size, 0),
    shares,
  );
  const parts = new Array<number>(sizes.length);
  const bySize = sizes.map((_, u) => u).sort((a, b) => sizes[b]! - sizes[a]! || a - b);
  bySize.forEach((u, rank) => {
    const part = rank === 0 ? 0 : free.indexOf(Math.max(...free)); // a class must be learnt before it can be tested
    free[part]! -= sizes[u]!;
    parts[u] = part;
  });
  return parts;
};

/**
 * One label an example: class by class, each with a generator of its own, so that a new class leaves the others where they were.
 * Returns the part of every unit.
 */
const placeByClass = ({ strata, units }: Strata, shares: readonly number[], seed: number): Int32Array => {
  const unitsOf = strata.map((): number[] => []);
  units.forEach((unit, u) => unitsOf[mainStratum(unit)]!.push(u));
  const parts = new Int32Array(units.length);
  unitsOf.forEach((own, key) => {
    shuffle(own, createRandom(seed ^ hashName(strata[key]!.label)));
    const sizes = own.map((u) => units[u]!.examples.length);
    placeClass(sizes, shares).forEach((part, at) => (parts[own[at]!] = part));
  });
  // A label may be met only on copies of texts that mostly carry another one.
  const learnt = new Set(units.flatMap(({ keys }, u) => (parts[u] === 0 ? keys : [])));
  units.forEach(({ keys }, u) => {
    if (keys.every((key) => learnt.has(key))) return;
    parts[u] = 0;
    for (const key of keys) learnt.add(key);
  });
  return parts;
};

const sharesOf = (options: SplitOptions): number[] => {
  const weights = [options.train ?? 0.7, options.validation ?? 0.15, options.test ?? 0.15];
  weights.forEach((weight, i) => {
    if (!Number.isFinite(weight) || weight < 0)
      throw invalidInput(`split.${partNames[i]!} is ${weight}; it must be a share from 0 to 1`);
  });
  if (weights[0] === 0) throw invalidInput('split.train is 0; it must be above 0, such as 0.7');
  const sum = weights.reduce((a, b) => a + b, 0);
  return weights.map((weight) => weight / sum);
};

/** Says which classes are too small for every part, by task and part. */
const smallClassNotes = (
  { strata, keys }: Strata,
  partOf: Int32Array,
  shares: readonly number[],
  tasks: readonly { name: string }[],
): Note[] => {
  const counts = strata.map(() => partNames.map(() => 0));
  keys.forEach((own, i) => {
    for (const key of own) counts[key]![partOf[i]!]! += 1;
  });
  return tasks.flatMap(({ name }, task) =>
    partNames.flatMap((partName, part) => {
      const named = strata.flatMap((stratum, key) => {
        if (stratum.task !== task || stratum.label === '' || counts[key]![part]! > 0 || shares[part] === 0) return [];
        return [`${JSON.stringify(stratum.label)} (${counts[key]!.reduce((sum, n) => sum + n)})`];
      });
      if (named.length === 0) return [];
      const of = tasks.length > 1 ? `task ${JSON.stringify(name)}: ` : '';
      const what = countOf(named.length, 'class has', 'classes have');
      const message = `${of}${what} too few examples for the ${partName} part: ${firstFew(named)}`;
      return [{ level: 'warning' as const, message }];
    }),
  );
};

/** Into train what was made, but for what would leak the held-out parts. */
const placeMade = (examples: readonly Example[], made: readonly Example[], split: Split, path: string): void => {
  const leaks = leaksOf(made, [{ path, examples: [...split.validation, ...split.test] }]);
  split.notes.push(...leakNotes(leaks));
  const dropped = new Set(leaks.map(({ index }) => made[index]!));
  const held = new Set([...split.validation, ...split.test]);
  split.train = examples.filter((example) => !held.has(example) && !dropped.has(example));
};

/**
 * Splits examples so that every class has its share in every part. Seeded. Copies of a text (`normalizeText`, of the pair too) never
 * straddle parts. Every label is in train first; one too small for every part is reported. Parts keep the order of the examples.
 * - One label an example: per class by largest remainder, so a part is at most one example off (more only where copies must stay
 *   together), and a new class leaves the others where they were. A hierarchy counts as its fine labels.
 * - Texts that were made (`origin`) are in train, and only if nothing held out can be told by them: their parent and its copies are in
 *   train too, and they are not nearly the same as a held-out text. Others are dropped, with a note.
 * - Multi-label or several tasks: iterative stratification over the labels of all tasks and their frequent combinations.
 * @throws TaxonError `invalid_input` for shares that are negative, not finite, or 0 for train
 */
export const stratifiedSplit = (all: readonly Example[], options: SplitOptions = {}): Split => {
  const { seed = 0, hierarchical = false, path = '' } = options;
  const made = all.filter(({ origin }) => origin !== undefined);
  const examples = made.length === 0 ? all : all.filter(({ origin }) => origin === undefined);
  const shares = sharesOf(options);
  const strata = strataOf(examples, hierarchical);
  const { units } = strata;
  const parts = strata.keys.every((own) => own.length === 1)
    ? placeByClass(strata, shares, seed)
    : iterativeStratification(units, {
        strata: strata.strata.length,
        shares,
        random: createRandom(seed),
        guarantee: 'first-part',
      });
  const partOf = new Int32Array(examples.length);
  units.forEach((unit, u) => {
    for (const i of unit.examples) partOf[i] = parts[u]!;
  });
  const tasks = examples[0]?.labels.map((_, t) => options.tasks?.[t] ?? { name: `${t + 1}` }) ?? [];
  const notes = smallClassNotes(strata, partOf, shares, tasks);
  const split: Split = { train: [], validation: [], test: [], notes };
  examples.forEach((example, i) => split[partNames[partOf[i]!]!].push(example));
  const repeated = units.filter((unit) => unit.examples.length > 1).length;
  if (repeated > 0)
    split.notes.push({
      level: 'info',
      message: `${countOf(repeated, 'text occurs', 'texts occur')} more than once; copies of a text stay in the same part`,
    });
  if (made.length > 0) placeMade(all, made, split, path);
  return split;
};
