import { invalidInput } from '@taxon/errors';
import { compareCodePoints } from './compare-code-points.ts';
import type { Example, TaskDefinition } from './example.ts';
import { firstFew } from './note.ts';

const quoted = (labels: readonly string[]): string => firstFew(labels.map((label) => JSON.stringify(label)));

/**
 * The fine labels of examples with the tasks [coarse, fine], sorted by parent, then code point.
 * @throws TaxonError `invalid_input` when a fine label has two coarse labels or none, or a coarse label has no fine one
 */
export const fineLabels = (
  examples: readonly Pick<Example, 'labels' | 'line'>[],
  tasks: readonly Pick<TaskDefinition, 'name'>[],
  coarseLabels: readonly string[],
): { labels: string[]; parents: number[] } => {
  const [coarseName, fineName] = tasks.map(({ name }) => JSON.stringify(name));
  const parentOf = new Map<string, { coarse: string; line: number }>();
  const orphans = new Set<string>();
  for (const { labels, line } of examples) {
    const [coarse, fine] = [labels[0]?.[0], labels[1]?.[0]];
    if (fine === undefined) continue;
    const parent = parentOf.get(fine);
    if (coarse === undefined) orphans.add(fine);
    else if (parent === undefined) parentOf.set(fine, { coarse, line });
    else if (parent.coarse !== coarse)
      throw invalidInput(
        `the label ${JSON.stringify(fine)} of ${fineName} stands under two labels of ${coarseName}: ${JSON.stringify(parent.coarse)} on line ${parent.line} and ${JSON.stringify(coarse)} on line ${line}`,
        'In a hierarchy every fine label has one coarse label: mend the rows, or rename one of the two fine labels.',
      );
  }
  const lost = [...orphans].filter((fine) => !parentOf.has(fine)).sort(compareCodePoints);
  if (lost.length > 0)
    throw invalidInput(
      `labels of ${fineName} that no row gives a label of ${coarseName}: ${quoted(lost)}`,
      `Fill in ${coarseName} on at least one row of each.`,
    );
  const withFine = new Set([...parentOf.values()].map(({ coarse }) => coarse));
  const bare = coarseLabels.filter((coarse) => !withFine.has(coarse));
  if (bare.length > 0)
    throw invalidInput(
      `labels of ${coarseName} that no row gives a label of ${fineName}: ${quoted(bare)}`,
      `Fill in ${fineName} on at least one row of each (it may repeat the coarse label).`,
    );
  const rank = new Map(coarseLabels.map((label, i) => [label, i]));
  const sorted = [...parentOf]
    .map(([fine, { coarse }]) => ({ fine, parent: rank.get(coarse)! }))
    .sort((a, b) => a.parent - b.parent || compareCodePoints(a.fine, b.fine));
  return { labels: sorted.map(({ fine }) => fine), parents: sorted.map(({ parent }) => parent) };
};
