import { compareCodePoints } from './compare-code-points.ts';
import type { Example, TaskDefinition } from './example.ts';
import { countOf, excerpt, firstFew, type Note } from './note.ts';
import { groupByText, normalizeText } from './text-groups.ts';

/** Texts that are the same after normalising. */
export interface DuplicateGroup {
  /** The first of them as written. */
  text: string;
  lines: number[];
}

/** A duplicate whose copies do not agree on the labels of a task (those that know them). */
export interface LabelConflict {
  text: string;
  occurrences: { line: number; labels: Example['labels'] }[];
}

/** One task's labels. */
export interface TaskDescription extends TaskDefinition {
  /** Most frequent first, ties by code point. */
  classes: { label: string; count: number }[];
  /** Examples whose labels are known; of these, how many have none (multi-label). */
  known: number;
  none: number;
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
  tasks: TaskDescription[];
  /** Repeated texts (and pairs) with the same labels. */
  duplicates: DuplicateGroup[];
  /** Repeated texts (and pairs) with different labels. */
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

const describeTask = ({ name, kind }: TaskDefinition, t: number, examples: readonly Example[]): TaskDescription => {
  const counts = new Map<string, number>();
  let known = 0;
  let none = 0;
  for (const { labels } of examples) {
    const own = labels[t];
    if (own === undefined) continue;
    known++;
    if (own.length === 0) none++;
    for (const label of own) counts.set(label, (counts.get(label) ?? 0) + 1);
  }
  const classes = [...counts]
    .map(([label, count]) => ({ label, count }))
    .sort((a, b) => b.count - a.count || compareCodePoints(a.label, b.label));
  return { name, kind, classes, known, none };
};

/** Labels that a person would take for the same: `Refund` and `refund `. */
const similarLabelNotes = (classes: TaskDescription['classes']): Note[] => {
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

/** As a message shows them: `"a" + "b"`. */
const labelsInWords = (labels: readonly string[] | undefined): string => {
  if (labels === undefined) return 'not known';
  return labels.length === 0 ? 'none' : labels.map((label) => JSON.stringify(label)).join(' + ');
};

const conflictNotes = (conflicts: readonly LabelConflict[]): Note[] => {
  if (conflicts.length === 0) return [];
  const shown = conflicts.slice(0, 5).map(({ text, occurrences }) => {
    const where = occurrences.map(({ line, labels }) => `${labels.map(labelsInWords).join('; ')} on line ${line}`);
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

const classNotes = (task: TaskDescription, several: boolean): Note[] => {
  const { name, classes, known } = task;
  const notes = similarLabelNotes(classes);
  const single = classes.filter(({ count }) => count === 1).length;
  if (classes.length > 20 && classes.length > known / 2)
    notes.push({
      level: 'warning',
      message: `${countOf(classes.length, 'class', 'classes')} in ${countOf(known, 'example')}: is ${several ? JSON.stringify(name) : '--label-column'} the right one?`,
    });
  else if (single > 0)
    notes.push({ level: 'warning', message: `${countOf(single, 'class has', 'classes have')} one example only` });
  if (!several) return notes;
  return notes.map(({ level, message }) => ({ level, message: `task ${JSON.stringify(name)}: ${message}` }));
};

/** Whether all copies that know a task's labels give the same ones, in any order. */
const agree = (copies: readonly Example[]): boolean =>
  copies[0]!.labels.every((_, t) => {
    const answers = copies.flatMap(({ labels }) => (labels[t] === undefined ? [] : [[...labels[t]].sort()]));
    return answers.every(
      (answer) => answer.length === answers[0]!.length && answer.every((l, i) => l === answers[0]![i]),
    );
  });

/**
 * Counts, repeated texts, contradictions and text lengths, with notes for whatever a person should look at.
 * @param tasks of the examples' labels, in their order
 */
export const describeDataset = (examples: readonly Example[], tasks: readonly TaskDefinition[]): DatasetDescription => {
  const duplicates: DuplicateGroup[] = [];
  const conflicts: LabelConflict[] = [];
  for (const group of groupByText(examples)) {
    if (group.length === 1) continue;
    const copies = group.map((i) => examples[i]!);
    const { text } = copies[0]!;
    if (agree(copies)) duplicates.push({ text, lines: copies.map(({ line }) => line) });
    else conflicts.push({ text, occurrences: copies.map(({ line, labels }) => ({ line, labels })) });
  }
  const described = tasks.map((task, t) => describeTask(task, t, examples));
  return {
    n: examples.length,
    tasks: described,
    duplicates,
    conflicts,
    textLength: summarizeLengths(examples),
    notes: [
      ...described.flatMap((task) => classNotes(task, tasks.length > 1)),
      ...conflictNotes(conflicts),
      ...duplicateNotes(duplicates),
    ],
  };
};
