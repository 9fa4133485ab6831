import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { DistillationOptions } from '@taxon/distillation';
import { TaxonError, type Violation } from '@taxon/errors';
import { describeModelFolder, outputNames, readEnsembleJson } from '@taxon/models';

/** The labels of a model folder, an ensemble's the ones of its members. Of its files only the small ones are read. */
const labelsOf = async (folder: string): Promise<string[] | undefined> => {
  const ensemble = existsSync(folder) ? await readEnsembleJson(folder) : undefined;
  const { space } = await describeModelFolder(ensemble === undefined ? folder : join(folder, ensemble.members[0]!));
  return space && outputNames(space);
};

const wrong = (code: TaxonError['code'], violations: Violation[], hint?: string): TaxonError => {
  const lines = violations.map(({ field, description }) => `${field}: ${description}`);
  return new TaxonError({ code, message: lines.join('; '), hint, violations });
};

/** @throws TaxonError as reading the folder does, with the field that names it */
export const expectModel = async (folder: string, field: string): Promise<string[]> => {
  const labels = await labelsOf(folder).catch((error: unknown) => {
    const { code, message, hint } = TaxonError.from(error);
    throw wrong(code, [{ field, description: message }], hint);
  });
  if (labels !== undefined) return labels;
  throw wrong('invalid_input', [{ field, description: `${folder} is an encoder without a classifier` }]);
};

const differences = (first: readonly string[], other: readonly string[]): string => {
  const only = (a: readonly string[], b: readonly string[]): string =>
    a
      .filter((label) => !b.includes(label))
      .slice(0, 5)
      .map((label) => JSON.stringify(label))
      .join(', ');
  const [lacking, further] = [only(first, other), only(other, first)];
  return [lacking && `lacks ${lacking}`, further && `has ${further} more`].filter(Boolean).join(' and ');
};

/**
 * What can be told before anything is queued: every teacher is there, and all have the same labels where they must.
 * @throws TaxonError `invalid_input` or `not_found` naming the teacher's field
 */
export const expectTeachers = async ({ teachers, labels }: DistillationOptions): Promise<void> => {
  const all = await Promise.all(teachers.map(({ folder }, i) => expectModel(folder, `teachers[${i}].folder`)));
  if (labels === 'shared') return;
  const violations = all
    .map((own, i) => ({ field: `teachers[${i}].folder`, difference: differences(all[0]!, own) }))
    .filter(({ difference }) => difference !== '')
    .map(({ field, difference }) => ({
      field,
      description: `other labels than those of teachers[0]: it ${difference}`,
    }));
  if (violations.length > 0)
    throw wrong('invalid_input', violations, 'set labels to LABEL_MATCHING_SHARED to be taught those that all have');
};
