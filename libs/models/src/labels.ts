import { invalidInput } from '@taxon/errors';
import { z } from 'zod';

/** `id2label` of a `config.json`: class numbers, as JSON's keys must be strings, to names. */
export const idToLabelSchema = z.record(z.string(), z.string());

/**
 * Labels in the order of the logits. Without `id2label` they get Hugging Face's own names, `LABEL_0` and on.
 * @param classes rows of the classifier's matrix
 * @throws TaxonError `invalid_input` when numbers are missing, names repeat, or the count is another
 */
export const labelsOf = (
  idToLabel: Readonly<Record<string, string>> | undefined,
  classes: number,
  source: string,
): string[] => {
  if (idToLabel === undefined) return Array.from({ length: classes }, (_, i) => `LABEL_${i}`);
  const count = Object.keys(idToLabel).length;
  if (count !== classes)
    throw invalidInput(`${source}: id2label has ${count} labels; the classifier's weights have ${classes} classes`);
  const labels = Array.from({ length: classes }, (_, i) => {
    const label = idToLabel[String(i)];
    if (label === undefined)
      throw invalidInput(`${source}: id2label has no label for class ${i}; its keys must be 0 to ${classes - 1}`);
    return label;
  });
  const seen = new Map<string, number>();
  labels.forEach((label, i) => {
    const before = seen.get(label);
    if (before !== undefined)
      throw invalidInput(`${source}: id2label names both class ${before} and class ${i} '${label}'`);
    seen.set(label, i);
  });
  return labels;
};

/** The two maps that Hugging Face keeps in `config.json`. */
export const labelMaps = (
  labels: readonly string[],
): { id2label: Record<string, string>; label2id: Record<string, number> } => ({
  id2label: Object.fromEntries(labels.map((label, i) => [String(i), label])),
  label2id: Object.fromEntries(labels.map((label, i) => [label, i])),
});
