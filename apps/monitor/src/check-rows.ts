import type { AddRowsRequest } from '@taxon/contracts';
import type { LabelSpace } from '@taxon/data';
import { invalidInput, nearestName, type TaxonError } from '@taxon/errors';
import type { LabelledRow } from './observations.ts';

const mostRows = 10_000;

const fieldError = (field: string, description: string): TaxonError =>
  invalidInput(`${field}: ${description}`, undefined, [{ field, description }]);

/**
 * Rows as they are kept. A label that the model does not know yet is a new class.
 * @throws TaxonError `invalid_input` naming the first field that is wrong
 */
export const checkRows = ({ rows }: AddRowsRequest, { tasks }: LabelSpace): LabelledRow[] => {
  if (rows.length === 0) throw fieldError('rows', 'empty; at least one is needed');
  if (rows.length > mostRows) throw fieldError('rows', `${rows.length} are more than the limit ${mostRows}`);
  const names = tasks.map(({ name }) => name);
  return rows.map(({ text, pair, tasks: told }, i) => {
    if (text.trim() === '') throw fieldError(`rows[${i}].text`, 'blank');
    if (told.length === 0)
      throw fieldError(`rows[${i}].tasks`, 'empty; the right labels of at least one task are needed');
    const labels = told.map(({ task, labels: given }, t): [string, string[]] => {
      const name = task === '' && names.length === 1 ? names[0]! : task;
      const known = tasks.find((one) => one.name === name);
      const field = `rows[${i}].tasks[${t}]`;
      if (known === undefined) {
        const near = nearestName(name, names);
        throw fieldError(`${field}.task`, `'${name}' is no task of the model; ${near === undefined ? `it has ${names.join(', ')}` : `did you mean '${near}'?`}`); // prettier-ignore
      }
      if (given.some((label) => label.trim() === '')) throw fieldError(`${field}.labels`, 'one is blank');
      if (known.kind === 'single-label' && given.length !== 1)
        throw fieldError(`${field}.labels`, `${given.length} labels; '${name}' has exactly one a text`);
      return [name, [...new Set(given)]];
    });
    return { text, pair, labels: Object.fromEntries(labels) };
  });
};
