import { TaxonError } from '@taxon/errors';
import { batchFiller, epochUpdates, type RateTest } from './fit.ts';
import { microBatches } from './micro-batch.ts';
import type { ModelState } from './model-state.ts';
import type { Run } from './run.ts';
import { hasDiverged, rangeTestRates, suggestRate, type RatePoint } from './techniques/learning-rate-finder.ts';
import type { TrainingStep } from './training-step.ts';

/** Rates of the test: the first moves nothing, the last breaks every encoder that was seen. */
const range = { first: 1e-6, last: 1e-2, updates: 60 };

/** Where the loss never fell, such as under a solved head that is right already: the recipe's own default. */
const fallback = 1e-4;

/** All numbers that an update changes. */
const arraysOf = ({ tables, memory }: ModelState): Float32Array[] => [
  ...Object.values(tables).flatMap(({ values, m, v }) => [values, m, v]),
  ...Object.values(memory.tensors).flatMap(({ value, m, v }) => [value, m, v]),
];

const isZero = (array: Float32Array): boolean => array.every((value) => value === 0);

/** Puts a state back to what it was, to the bit, once `work` is done; moments that are all 0 take no memory meanwhile. */
export const withStateRestored = async <Result>(state: ModelState, work: () => Promise<Result>): Promise<Result> => {
  const { step } = state;
  const before = arraysOf(state).map((array) => (isZero(array) ? undefined : array.slice()));
  try {
    return await work();
  } finally {
    arraysOf(state).forEach((array, i) => (before[i] === undefined ? array.fill(0) : array.set(before[i])));
    state.step = step;
  }
};

const takeUpdates = async (run: Run, step: TrainingStep): Promise<RatePoint[]> => {
  const { recipe, parts, state, shape, device, reporter, options } = run;
  const lengths = Int32Array.from(parts.train.ids, (ids) => ids.length);
  const fill = batchFiller(state, parts.train, shape);
  const how = { recipe, shape, batchesPerUpdate: microBatches(recipe, device).batchesPerUpdate };
  const points: RatePoint[] = [];
  let epoch = -1; // an order that no epoch of the training has
  let updates = epochUpdates(lengths, undefined, how, epoch);
  for (const rate of rangeTestRates(range.first, range.last, range.updates)) {
    if (options.signal.aborted)
      throw new TaxonError({ code: 'cancelled', message: 'stopped while the learning rate was being found' });
    if (updates.length === 0) updates = epochUpdates(lengths, undefined, how, (epoch -= 1));
    const { loss } = await step.run(updates.shift()!.map(fill), rate);
    points.push({ rate, loss });
    reporter.progress('steps', points.length, range.updates, { loss, learningRate: rate });
    if (hasDiverged(points.map((point) => point.loss))) break;
  }
  return points;
};

/**
 * Finds the learning rate (Smith 2017): updates whose rate grows from 1e-6 to 1e-2, on a state that is put back afterwards.
 * @param createStep of the run's state
 */
export const testRates = async (run: Run, createStep: () => Promise<TrainingStep>): Promise<RateTest> => {
  const { state, reporter } = run;
  reporter.stage('rate');
  const points = await withStateRestored(state, async () => {
    const step = await createStep();
    try {
      return await takeUpdates(run, step);
    } finally {
      await step.dispose();
    }
  });
  const suggestion = suggestRate(points);
  const rate = suggestion?.rate ?? fallback;
  reporter.emit({
    kind: 'notice',
    level: suggestion === undefined ? 'warning' : 'info',
    message:
      suggestion === undefined
        ? `learning rate: the loss fell at no rate of the test; ${fallback} is taken`
        : `learning rate: ${rate.toPrecision(2)}, found in ${points.length} updates`,
  });
  // A rate that is not a number with few digits looks measured to more than it is.
  return { points, rate: Number(rate.toPrecision(2)) };
};
