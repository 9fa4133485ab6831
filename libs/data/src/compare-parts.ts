import { compareCodePoints } from './compare-code-points.ts';
import { labelNameMethod, type Example, type TaskDefinition } from './example.ts';
import { countOf, excerpt, firstFew, type Note } from './note.ts';
import { textKey } from './text-groups.ts';

/** Where a held-out part and the training part do not fit together. */
export interface PartComparison {
  /** By task: labels of the held-out part that training never sees, sorted by code point. */
  unseenLabels: string[][];
  /** Held-out texts (with their pairs) that training sees too, after normalising: they make the score look better than it is. */
  leaked: { text: string; line: number }[];
  notes: Note[];
}

const unseenNote = (unseen: readonly string[], texts: number, name: string, task: string | undefined): Note => {
  const list = firstFew(unseen.map((label) => JSON.stringify(label)));
  const of = task === undefined ? '' : ` of the task ${JSON.stringify(task)}`;
  return {
    level: 'warning',
    message: `${countOf(unseen.length, 'label')} of the ${name} part ${unseen.length === 1 ? 'does' : 'do'} not occur in training${of}: ${list}; ${countOf(texts, 'text')} will score as errors`,
  };
};

/**
 * Compares a part that came from a file of its own with the training part. `name` is what the notes call it, such as `test`; `tasks`
 * are those of the labels, in their order.
 */
export const comparePart = (
  train: readonly Example[],
  heldOut: readonly Example[],
  name: string,
  tasks: readonly TaskDefinition[],
): PartComparison => {
  const notes: Note[] = [];
  const unseenLabels = tasks.map((task, t) => {
    const seen = new Set(train.flatMap(({ labels }) => labels[t] ?? []));
    const strangers = heldOut.filter(({ labels }) => labels[t]?.some((label) => !seen.has(label)));
    const unseen = new Set(strangers.flatMap(({ labels }) => labels[t]!.filter((label) => !seen.has(label))));
    const sorted = [...unseen].sort(compareCodePoints);
    if (sorted.length > 0)
      notes.push(unseenNote(sorted, strangers.length, name, tasks.length > 1 ? task.name : undefined));
    return sorted;
  });
  // Whoever says no more than what a label is called is no leak: the label's name is known to all.
  const texts = new Set(train.filter(({ origin }) => origin?.method !== labelNameMethod).map(textKey));
  const leaked = heldOut.filter((example) => texts.has(textKey(example))).map(({ text, line }) => ({ text, line }));
  if (leaked.length > 0)
    notes.push({
      level: 'warning',
      message: `${countOf(leaked.length, 'text')} of the ${name} part ${leaked.length === 1 ? 'is' : 'are'} in training too, such as ${excerpt(leaked[0]!.text)} on line ${leaked[0]!.line}`,
    });
  return { unseenLabels, leaked, notes };
};
