import type { TaskDefinition } from '@taxon/data';
import { TaxonError, invalidInput, nearestName } from '@taxon/errors';
import type { PolicyOptions } from './options.ts';
import type { DatasetProfile } from './profile.ts';
import type { Row } from './row.ts';
import { seededRandom } from './seeded.ts';

/** The index of the task that a policy counts by. */
export const policyTask = (tasks: readonly TaskDefinition[], { task }: Pick<PolicyOptions, 'task'>): number => {
  if (task === undefined) return tasks.length - 1;
  const at = tasks.findIndex(({ name }) => name === task);
  if (at !== -1) return at;
  const names = tasks.map(({ name }) => name);
  const near = nearestName(task, names);
  throw invalidInput(
    `policy.task is ${JSON.stringify(task)}; the tasks are: ${names.join(', ')}`,
    near === undefined ? undefined : `Did you mean ${JSON.stringify(near)}?`,
  );
};

const median = (values: readonly number[]): number => {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : Math.round((sorted[middle - 1]! + sorted[middle]!) / 2);
};

/** Whether a policy can say what it wants of a row only after all rows were counted. */
export const needsProfile = ({ target, below, perLabel }: PolicyOptions): boolean =>
  target !== undefined || below !== undefined || perLabel !== undefined;

const missingProfile = (): TaxonError =>
  new TaxonError({
    code: 'failed_precondition',
    message: 'policy.target, policy.below and policy.perLabel need the counts of all classes before the first row',
    hint: 'Give the rows as a file, which is read twice; or set policy.perRow alone.',
  });

/** Texts that every label shall have made of it in all; undefined: as many as its rows give. */
const wantedOfLabels = (options: PolicyOptions, counts: ReadonlyMap<string, number>): Map<string, number> => {
  const { target, below = Infinity, perLabel = Infinity, labels, perRow } = options;
  const sizes = [...counts.values()];
  const aim = target === 'median' ? median(sizes) : target === 'largest' ? Math.max(...sizes) : target;
  const only = labels && new Set(labels);
  return new Map(
    [...counts].map(([label, rows]) => {
      if (rows >= below || only?.has(label) === false) return [label, 0];
      const wanted = aim === undefined ? Math.round(rows * perRow) : Math.max(0, aim - rows);
      return [label, Math.min(wanted, perLabel)];
    }),
  );
};

const expectLabels = ({ labels }: PolicyOptions, counts: ReadonlyMap<string, number>): void => {
  const unknown = labels?.find((label) => !counts.has(label));
  if (unknown === undefined) return;
  const near = nearestName(unknown, [...counts.keys()]);
  throw invalidInput(
    `policy.labels names ${JSON.stringify(unknown)}, which no row has`,
    near === undefined ? undefined : `Did you mean ${JSON.stringify(near)}?`,
  );
};

/** How many texts each row is asked for. To be called for every row, in their order. */
export type Quota = (row: Row, chosen: boolean) => number;

/**
 * With a profile a label's texts are spread evenly over its (chosen) rows: of n rows the k-th makes ⌊(k+1)·w/n⌋ − ⌊k·w/n⌋ of the w wanted.
 * A row of several labels makes what the label that wants most wants of it.
 */
export const createQuota = (
  options: PolicyOptions,
  { task, seed, profile }: { task: number; seed: number; profile?: DatasetProfile },
): Quota => {
  const { perRow, labels, mostPerRow } = options;
  /** `perRow`, its part by chance. */
  const plain = (row: Row): number => {
    const part = perRow % 1;
    const more = part > 0 && seededRandom(seed, row.id, 'quota')() < part ? 1 : 0;
    return Math.min(mostPerRow, Math.floor(perRow) + more);
  };
  if (profile === undefined) {
    if (needsProfile(options)) throw missingProfile();
    const only = labels && new Set(labels);
    return (row, chosen) => (!chosen || (only && !row.labels[task]?.some((label) => only.has(label))) ? 0 : plain(row));
  }
  /** Rows without a label of the task belong to no class that wants something. */
  const unlabelled = labels === undefined && !needsProfile(options) ? plain : (): number => 0;
  const counts = profile.counts[task] ?? new Map<string, number>();
  expectLabels(options, counts);
  const wanted = wantedOfLabels(options, counts);
  const rowsOf = profile.chosen === undefined ? counts : (profile.chosen.counts[task] ?? new Map<string, number>());
  const met = new Map<string, number>();
  return (row, chosen) => {
    if (!chosen) return 0;
    const own = row.labels[task] ?? [];
    if (own.length === 0) return unlabelled(row);
    let most = 0;
    for (const label of own) {
      const k = met.get(label) ?? 0;
      met.set(label, k + 1);
      const [w, n] = [wanted.get(label) ?? 0, rowsOf.get(label) ?? 1];
      most = Math.max(most, Math.floor(((k + 1) * w) / n) - Math.floor((k * w) / n));
    }
    return Math.min(mostPerRow, most);
  };
};
