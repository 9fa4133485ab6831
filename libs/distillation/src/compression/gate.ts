import { TaxonError } from '@taxon/errors';
import type { Form, Scored } from './candidate.ts';
import type { PartCost } from './report.ts';

/** A form, and what it loses. */
export interface Attempt {
  form: Form;
  scored: Scored;
  /** Points. */
  loss: number;
  keptFloat: string[];
}

/** A model that is float for more than this share of its parts is neither small nor fast. */
const largestFloatShare = 0.5;

/**
 * Keeps the costliest parts float, as few as pass: twice as many each time, then by halves between the last that failed and the
 * first that passed.
 * @param attempt the form that keeps these parts
 * @returns undefined where half of the parts are not enough
 */
export const keepCostliest = async (
  costs: readonly PartCost[],
  maxLoss: number,
  attempt: (keepFloat: ReadonlySet<string>) => Promise<Attempt>,
): Promise<Attempt | undefined> => {
  const most = Math.floor(costs.length * largestFloatShare);
  const keeping = (count: number): Promise<Attempt> => attempt(new Set(costs.slice(0, count).map(({ name }) => name)));
  let failed = 0;
  let passed: { count: number; attempt: Attempt } | undefined;
  for (let count = 1; passed === undefined && failed < most; count = Math.min(most, count * 2)) {
    const tried = await keeping(count);
    if (tried.loss <= maxLoss) passed = { count, attempt: tried };
    else failed = count;
  }
  while (passed !== undefined && passed.count - failed > 1) {
    const middle = Math.floor((failed + passed.count) / 2);
    const tried = await keeping(middle);
    if (tried.loss <= maxLoss) passed = { count: middle, attempt: tried };
    else failed = middle;
  }
  return passed?.attempt;
};

export const points = (value: number): string => `${value.toFixed(2)} points`;

const named = 5;

/** What is thrown where a form loses too much. */
export const refused = (form: string, loss: number, maxLoss: number, costs: readonly PartCost[]): TaxonError => {
  const costly = costs.slice(0, named).map(({ name }) => name);
  const which = costly.length > 0 ? `; ${costly.join(', ')} cost most` : '';
  return new TaxonError({
    code: 'failed_precondition',
    message: `the ${form} model loses ${points(loss)} of accuracy on the validation texts; maxLoss is ${maxLoss}${which}`,
    hint:
      costs.length > 0
        ? `Nothing was written. Keep parts float (keepFloat: auto, or a list such as ${costly.slice(0, 2).join(',')}), or allow a larger loss.`
        : 'Nothing was written. Allow a larger loss, or choose another form.',
  });
};
