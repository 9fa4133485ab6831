import { rm } from 'node:fs/promises';
import { TaxonError } from '@taxon/errors';
import type { SearchReport, SearchTrial } from '@taxon/evaluation';
import { stringify as stringifyYaml } from 'yaml';
import type { Generation } from '../checkpoint.ts';
import type { Evaluation } from '../fit.ts';
import type { SolvedHeads } from '../initial-head.ts';
import type { Recipe } from '../recipe.ts';
import { createPruner, type Pruner } from '../techniques/pruner.ts';
import { chooseMetric } from '../choose-metric.ts';
import { trainOnce } from '../train-once.ts';
import type { Insights } from './insights.ts';
import { memberFolder, quiet, type Plan } from './member.ts';
import { findUnfinished, readResult, trainingFolder, writeResult } from './plan-folder.ts';
import { trialOptions, withOptions } from './search-space.ts';

interface TrialResult extends SearchTrial {
  state: SearchTrial['state'];
  /** What the pruner was told, in order. */
  values: number[];
}

/** The best trial, whose checkpoint is still there. */
export interface FoundOptions {
  recipe: Recipe;
  /** As it was trained. */
  trained: Recipe;
  found: Generation;
  folder: string;
  insights: Insights;
}

const prunerOf = ({ search }: Recipe): Pruner | undefined => {
  if (search.pruner === 'none') return undefined;
  return createPruner(search.pruner === 'median' ? { kind: 'median', warmupSteps: 0 } : { kind: 'successive-halving' });
};

/** What a search makes large, of an evaluation. */
const valueOf = (metric: ReturnType<typeof chooseMetric>, { loss, scores }: Evaluation): number =>
  metric === 'loss' ? -loss : scores.figures[metric]!;

/** Without what has been searched: it trains the model that was found. */
const foundRecipe = (recipe: Recipe, trial: SearchTrial): Recipe => ({
  ...withOptions(recipe, trial.options as Record<string, number>),
  search: { ...recipe.search, trials: 0 },
});

const bestOf = (results: readonly TrialResult[]): TrialResult | undefined =>
  results
    .filter(({ state, value }) => state === 'complete' && value !== null)
    .reduce<TrialResult | undefined>(
      (best, next) => (best === undefined || next.value! > best.value! ? next : best),
      undefined,
    );

/** One trial: trained until its end or until the pruner has seen enough. */
export const runTrial = async (
  plan: Plan,
  number: number,
  pruner: Pruner | undefined,
  heads: SolvedHeads,
): Promise<TrialResult> => {
  const { prepared } = plan;
  const folder = memberFolder(plan, `trial-${number}`);
  const known = await readResult<TrialResult>(folder);
  if (known !== undefined) {
    // What was seen before the run was interrupted counts as if it were seen now.
    known.values.forEach((value, i) => pruner?.report(number, i + 1, value));
    return known;
  }
  const options = trialOptions(plan.recipe, number - 1);
  const metric = chooseMetric(plan.recipe, prepared.data.space);
  const started = performance.now();
  const warn = (message: string): void => prepared.reporter.emit({ kind: 'notice', level: 'warning', message });
  const values: number[] = [];
  /** The head as it was solved is not worth a judgement: it is the same in most trials. */
  const goesOn = (evaluation: Evaluation): boolean => {
    if (evaluation.epoch === 0) return true;
    values.push(valueOf(metric, evaluation));
    return pruner?.report(number, values.length, values.at(-1)!) !== 'prune';
  };
  const finish = async (state: SearchTrial['state'], value: number | null): Promise<TrialResult> => {
    const seconds = (performance.now() - started) / 1000;
    const result: TrialResult = { number, options, state, value, seconds, values };
    await writeResult(folder, result);
    return result;
  };
  try {
    const found = await findUnfinished(trainingFolder(folder), warn);
    found?.progress.evaluations.forEach(goesOn);
    const recipe = quiet(withOptions(plan.recipe, options));
    const training = { recipe, data: prepared.data, parts: prepared.parts, folder: trainingFolder(folder), found };
    const progress = await trainOnce(prepared, { ...training, goesOn, heads }, (run) => Promise.resolve(run.progress));
    const { best, finished } = progress;
    return await finish(finished === true ? 'complete' : 'pruned', best === undefined ? null : valueOf(metric, best));
  } catch (error) {
    const known = TaxonError.from(error);
    if (prepared.options.signal.aborted || !['invalid_input', 'failed_precondition'].includes(known.code)) throw error;
    warn(`trial ${number} failed: ${known.message}`);
    return finish('failed', null);
  }
};

/**
 * Trains with other options, at random, and judges each by the validation part alone.
 * @throws TaxonError `failed_precondition` where no trial came to its end
 */
export const searchOptions = async (plan: Plan): Promise<FoundOptions> => {
  const { prepared, recipe } = plan;
  const { trials } = recipe.search;
  const pruner = prunerOf(recipe);
  const heads: SolvedHeads = new Map();
  const results: TrialResult[] = [];
  for (let number = 1; number <= trials; number++) {
    plan.begin('trial');
    results.push(await runTrial(plan, number, pruner, heads));
    const best = bestOf(results);
    for (const other of results)
      if (other.number !== best?.number)
        await rm(trainingFolder(memberFolder(plan, `trial-${other.number}`)), { recursive: true, force: true });
    tellTrial(plan, results.at(-1)!, best);
  }
  const best = bestOf(results);
  if (best === undefined)
    throw new TaxonError({ code: 'failed_precondition', message: `none of the ${trials} trials came to its end` });
  const metric = chooseMetric(recipe, prepared.data.space);
  const report: SearchReport = {
    figure: metric,
    trials: results.map(({ number, options, state, value, seconds }) => ({ number, options, state, value, seconds })),
  };
  const chosen = foundRecipe(recipe, best);
  const folder = trainingFolder(memberFolder(plan, `trial-${best.number}`));
  const found = await findUnfinished(folder, (message) => {
    throw new TaxonError({ code: 'failed_precondition', message, hint: 'Run without --resume to start anew.' });
  });
  return {
    recipe: chosen,
    trained: quiet(withOptions(recipe, best.options as Record<string, number>)),
    found: found!,
    folder,
    insights: {
      search: report,
      files: [
        { path: 'best-recipe.yaml', what: 'the recipe that the search has found', content: [stringifyYaml(chosen)] },
      ],
    },
  };
};

const tellTrial = ({ prepared, recipe }: Plan, last: TrialResult, best: TrialResult | undefined): void => {
  const metric = chooseMetric(recipe, prepared.data.space);
  const shown = last.value === null ? '' : ` ${metric} ${Math.abs(last.value).toFixed(4)}`;
  const options = Object.entries(last.options).map(([path, value]) => `${path} ${value as string}`);
  prepared.reporter.emit({
    kind: 'notice',
    level: 'info',
    message: `trial ${last.number}: ${last.state}${shown}${best?.number === last.number ? ', the best so far' : ''} (${options.join(', ')})`,
  });
};
