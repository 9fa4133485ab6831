import { invalidInput } from '@taxon/errors';
import type { Example } from './example.ts';
import { countOf, firstFew, type Note } from './note.ts';
import { createRandom, hashName, shuffle } from './random.ts';
import { groupByText } from './text-groups.ts';

const partNames = ['train', 'validation', 'test'] as const;
type PartName = (typeof partNames)[number];

export interface SplitOptions {
  /** Weights of the parts, divided by their sum; `train` above 0, 0 leaves a part empty. @default 0.7, 0.15, 0.15 */
  train?: number;
  validation?: number;
  test?: number;
  /** Any integer; the lower 32 bits count. @default 0 */
  seed?: number;
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

/** What an example is stratified by: its only label, else the combination of all its labels. */
const stratum = ({ labels }: Example): string =>
  labels.length === 1 && labels[0]?.length === 1 ? labels[0][0]! : JSON.stringify(labels);

/** The stratum that most of the group is in; the first one seen in a tie. */
const groupLabel = (group: readonly number[], examples: readonly Example[]): string => {
  const [first] = group;
  if (group.length === 1) return stratum(examples[first!]!);
  const counts = new Map<string, number>();
  for (const i of group) {
    const label = stratum(examples[i]!);
    counts.set(label, (counts.get(label) ?? 0) + 1);
  }
  return [...counts].reduce((best, entry) => (entry[1] > best[1] ? entry : best))[0];
};

/** Puts one class's groups into parts, largest first, each where most places are free. Returns the part of every group. */
const placeGroups = (groups: readonly (readonly number[])[], shares: readonly number[]): number[] => {
  const free = partSizes(
    groups.reduce((sum, group) => sum + group.length, 0),
    shares,
  );
  const parts = new Array<number>(groups.length);
  const bySize = groups.map((_, g) => g).sort((a, b) => groups[b]!.length - groups[a]!.length || a - b);
  bySize.forEach((g, rank) => {
    const part = rank === 0 ? 0 : free.indexOf(Math.max(...free)); // a class must be learnt before it can be tested
    free[part]! -= groups[g]!.length;
    parts[g] = part;
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

/** Says which classes are too small for every part, by part. */
const smallClassNotes = (missing: ReadonlyMap<string, PartName[]>, sizes: ReadonlyMap<string, number>): Note[] =>
  partNames.flatMap((part) => {
    const classes = [...missing].filter(([, parts]) => parts.includes(part)).map(([label]) => label);
    if (classes.length === 0) return [];
    const named = classes.map((label) => `${JSON.stringify(label)} (${sizes.get(label) ?? 0})`);
    const message = `${countOf(classes.length, 'class has', 'classes have')} too few examples for the ${part} part: ${firstFew(named)}`;
    return [{ level: 'warning' as const, message }];
  });

/**
 * Splits examples so that every class has its share in every part: per class by largest remainder, so a part is at most one example off
 * (more only where identical texts must stay together). Seeded; each class draws from a generator of its own, so a new class leaves
 * the others where they were. Texts that are the same after normalising (`normalizeText`) never straddle parts. A class too small for
 * every part is kept in train first, and reported. Parts keep the order of the examples.
 * @throws TaxonError `invalid_input` for shares that are negative, not finite, or 0 for train
 */
export const stratifiedSplit = (examples: readonly Example[], options: SplitOptions = {}): Split => {
  const shares = sharesOf(options);
  const groups = groupByText(examples);
  const groupsOfLabel = new Map<string, number[][]>();
  for (const group of groups) {
    const label = groupLabel(group, examples);
    const own = groupsOfLabel.get(label);
    if (own === undefined) groupsOfLabel.set(label, [group]);
    else own.push(group);
  }

  const partOf = new Uint8Array(examples.length);
  const missing = new Map<string, PartName[]>();
  const sizes = new Map<string, number>();
  for (const [label, own] of groupsOfLabel) {
    shuffle(own, createRandom((options.seed ?? 0) ^ hashName(label)));
    const parts = placeGroups(own, shares);
    own.forEach((group, g) => {
      for (const i of group) partOf[i] = parts[g]!;
    });
    sizes.set(
      label,
      own.reduce((sum, group) => sum + group.length, 0),
    );
    const without = partNames.filter((_, part) => shares[part]! > 0 && !parts.includes(part));
    if (without.length > 0) missing.set(label, without);
  }

  const split: Split = { train: [], validation: [], test: [], notes: smallClassNotes(missing, sizes) };
  examples.forEach((example, i) => split[partNames[partOf[i]!]!].push(example));
  const repeated = groups.filter((group) => group.length > 1).length;
  if (repeated > 0)
    split.notes.push({
      level: 'info',
      message: `${countOf(repeated, 'text occurs', 'texts occur')} more than once; copies of a text stay in the same part`,
    });
  return split;
};
