import { compareCodePoints } from './compare-code-points.ts';
import { countOf, excerpt, firstFew, type Note } from './note.ts';
import type { Example } from './read-dataset.ts';
import { normalizeText } from './text-groups.ts';

/** Where a held-out part and the training part do not fit together. */
export interface PartComparison {
  /** Labels of the held-out part that training never sees, sorted by code point: every such text scores as an error. */
  unseenLabels: string[];
  /** Held-out texts that training sees too, after normalising: they make the score look better than it is. */
  leaked: { text: string; line: number }[];
  notes: Note[];
}

/** Compares a part that came from a file of its own with the training part. `name` is what the notes call it, such as `test`. */
export const comparePart = (train: readonly Example[], heldOut: readonly Example[], name: string): PartComparison => {
  const labels = new Set(train.map(({ label }) => label));
  const texts = new Set(train.map(({ text }) => normalizeText(text)));
  const strangers = heldOut.filter(({ label }) => !labels.has(label));
  const unseenLabels = [...new Set(strangers.map(({ label }) => label))].sort(compareCodePoints);
  const leaked = heldOut.filter(({ text }) => texts.has(normalizeText(text))).map(({ text, line }) => ({ text, line }));
  const notes: Note[] = [];
  if (unseenLabels.length > 0) {
    const list = firstFew(unseenLabels.map((label) => JSON.stringify(label)));
    const what = countOf(unseenLabels.length, 'label');
    notes.push({
      level: 'warning',
      message: `${what} of the ${name} part ${unseenLabels.length === 1 ? 'does' : 'do'} not occur in training: ${list}; ${countOf(strangers.length, 'text')} will score as errors`,
    });
  }
  if (leaked.length > 0)
    notes.push({
      level: 'warning',
      message: `${countOf(leaked.length, 'text')} of the ${name} part ${leaked.length === 1 ? 'is' : 'are'} in training too, such as ${excerpt(leaked[0]!.text)} on line ${leaked[0]!.line}`,
    });
  return { unseenLabels, leaked, notes };
};
