import { z } from 'zod';

const isEmpty = (name: string): boolean => name.trim() === '';

/** What is wrong with labels and what they are called, if anything is. */
const wrongNames = (names: boolean | string[] | Record<string, string[]>): string | undefined => {
  if (typeof names === 'boolean') return undefined;
  const labels = Array.isArray(names) ? names : Object.keys(names);
  if (labels.length === 0) return 'at least one label is needed';
  if (labels.some(isEmpty)) return 'a label is empty';
  const twice = labels.find((label, i) => labels.indexOf(label) < i);
  if (twice !== undefined) return `the label ${JSON.stringify(twice)} stands there twice`;
  const silent = Array.isArray(names) ? undefined : labels.find((label) => names[label]!.some(isEmpty));
  return silent === undefined ? undefined : `the label ${JSON.stringify(silent)} is called by an empty text`;
};

/** `data.labelNames` of a recipe: a switch, or by label the texts that say what it means (none: its own name). */
export const labelNamesSchema = z
  .union([z.boolean(), z.array(z.string()), z.record(z.string(), z.array(z.string()))], {
    error: 'true, false, a list of labels, or a mapping of label to list of texts',
  })
  .superRefine((names, context) => {
    const message = wrongNames(names);
    if (message !== undefined) context.addIssue({ code: 'custom', message });
  })
  // A list is labels by their own names.
  .transform((names): boolean | Record<string, string[]> =>
    Array.isArray(names) ? Object.fromEntries(names.map((label) => [label, []])) : names,
  )
  .default(false);
