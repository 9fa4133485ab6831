import { compareCodePoints } from './compare-code-points.ts';
import { countOf, excerpt, firstFew, type Note } from './note.ts';
import type { Example } from './read-dataset.ts';
import { groupByText, normalizeText } from './text-groups.ts';

/** Texts that are the same after normalising. */
export interface DuplicateGroup {
  /** The first of them as written. */
  text: string;
  lines: number[];
}

/** A duplicate whose copies do not agree on the label. */
export interface LabelConflict {
  text: string;
  occurrences: { line: number; label: string }[];
}

/** Text lengths in UTF-16 units, as `String.length` counts. */
export interface LengthSummary {
  min: number;
  p50: number;
  p90: number;
  p99: number;
  max: number;
  mean: number;
}

export interface DatasetDescription {
  n: number;
  /** Most frequent first, ties by code point. */
  classes: { label: string; count: number }[];
  /** Repeated texts with one label. */
  duplicates: DuplicateGroup[];
  /** Repeated texts with different labels. */
  conflicts: LabelConflict[];
  textLength: LengthSummary;
  notes: Note[];
}

const summarizeLengths = (examples: readonly Example[]): LengthSummary => {
  const lengths = Float64Array.from(examples, ({ text }) => text.length).sort();
  const at = (share: number): number => lengths[Math.max(0, Math.ceil(share * lengths.length) - 1)] ?? 0;
  const mean = lengths.reduce((sum, length) => sum + length, 0) / Math.max(1, lengths.length);
  return { min: at(0), p50: at(0.5), p90: at(0.9), p99: at(0.99), max: at(1), mean };
};

const countClasses = (examples: readonly Example[]): DatasetDescription['classes'] => {
  const counts = new Map<string, number>();
  for (const { label } of examples) counts.set(label, (counts.get(label) ?? 0) + 1);
  return [...counts]
    .map(([label, count]) => ({ label, count }))
    .sort((a, b) => b.count - a.count || compareCodePoints(a.label, b.label));
};

/** Labels that a person would take for the same: `Refund` and `refund `. */
const similarLabelNotes = (classes: DatasetDescription['classes']): Note[] => {
  const forms = new Map<string, string[]>();
  for (const { label } of classes) {
    const form = normalizeText(label).replace(/[-_ ]/g, '');
    forms.set(form, [...(forms.get(form) ?? []), label]);
  }
  return [...forms.values()]
    .filter((labels) => labels.length > 1)
    .map((labels) => ({
      level: 'warning',
      message: `the labels ${labels.map((label) => JSON.stringify(label)).join(' and ')} differ in spelling only, and count as different classes`,
    }));
};

const conflictNotes = (conflicts: readonly LabelConflict[]): Note[] => {
  if (conflicts.length === 0) return [];
  const shown = conflicts.slice(0, 5).map(({ text, occurrences }) => {
    const where = occurrences.map(({ line, label }) => `${JSON.stringify(label)} on line ${line}`);
    return `\n  ${excerpt(text)}: ${firstFew(where)}`;
  });
  const rest = conflicts.length > shown.length ? `\n  … and ${conflicts.length - shown.length} more` : '';
  const what = countOf(conflicts.length, 'text carries', 'texts carry');
  return [{ level: 'warning', message: `${what} different labels:${shown.join('')}${rest}` }];
};

const duplicateNotes = (duplicates: readonly DuplicateGroup[]): Note[] => {
  if (duplicates.length === 0) return [];
  const [{ text, lines }] = duplicates as [DuplicateGroup];
  const what = countOf(duplicates.length, 'text occurs', 'texts occur');
  return [{ level: 'info', message: `${what} more than once, such as ${excerpt(text)} on lines ${firstFew(lines)}` }];
};

const classNotes = (classes: DatasetDescription['classes'], n: number): Note[] => {
  const notes = similarLabelNotes(classes);
  const single = classes.filter(({ count }) => count === 1).length;
  if (classes.length > 20 && classes.length > n / 2)
    notes.push({
      level: 'warning',
      message: `${countOf(classes.length, 'class', 'classes')} in ${countOf(n, 'example')}: is --label-column the right one?`,
    });
  else if (single > 0)
    notes.push({ level: 'warning', message: `${countOf(single, 'class has', 'classes have')} one example only` });
  return notes;
};

/** Counts, repeated texts, contradictions and text lengths, with notes for whatever a person should look at. */
export const describeDataset = (examples: readonly Example[]): DatasetDescription => {
  const duplicates: DuplicateGroup[] = [];
  const conflicts: LabelConflict[] = [];
  for (const group of groupByText(examples)) {
    if (group.length === 1) continue;
    const copies = group.map((i) => examples[i]!);
    const [{ text, label: first }] = copies as [Example];
    if (copies.every(({ label }) => label === first)) duplicates.push({ text, lines: copies.map(({ line }) => line) });
    else conflicts.push({ text, occurrences: copies.map(({ line, label }) => ({ line, label })) });
  }
  const classes = countClasses(examples);
  return {
    n: examples.length,
    classes,
    duplicates,
    conflicts,
    textLength: summarizeLengths(examples),
    notes: [...classNotes(classes, examples.length), ...conflictNotes(conflicts), ...duplicateNotes(duplicates)],
  };
};
