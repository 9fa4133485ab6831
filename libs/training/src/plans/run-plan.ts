import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { invalidInput } from '@taxon/errors';
import { averageLogits, saveEnsembleFolder } from '@taxon/models';
import { generationSteps, removeCheckpoint } from '../checkpoint.ts';
import { scoreAnswers, scoreFinal, type FinalScores } from '../final-scores.ts';
import { finishRun, saveState } from '../finish-run.ts';
import { freshProgress, type FitProgress } from '../fit.ts';
import { logFolder, openRunLog } from '../logging/run-log.ts';
import type { PreparedRun } from '../prepare-run.ts';
import type { TrainingOfMany, TrainingResult } from '../progress.ts';
import type { Recipe } from '../recipe.ts';
import type { Run } from '../run.ts';
import { trainOnce, withRun, type Training } from '../train-once.ts';
import { crossSourceInsights, crossSourceRows, sourceMembers } from './cross-source.ts';
import { membersOf } from './fold-members.ts';
import { joinInsights, type Insights } from './insights.ts';
import { flatWeights, memberFolder, readMemberWeights, trainMember, type MemberAnswers, type Plan } from './member.ts';
import { outOfFold } from './out-of-fold.ts';
import { findUnfinished, trainingFolder } from './plan-folder.ts';
import { searchOptions, type FoundOptions } from './search-options.ts';
import { expectSearchable } from './search-space.ts';

/** Whether a recipe asks for more than one training. */
export const isPlan = ({ folds, bagging, search, data }: Recipe): boolean =>
  folds > 0 || bagging > 0 || search.trials > 0 || data.crossSource;

/** @throws TaxonError `invalid_input` for options that do not go together, before anything is read */
export const expectPlan = (recipe: Recipe): void => {
  const { folds, bagging, ensemble, search, data } = recipe;
  if (data.train === undefined && isPlan(recipe))
    throw invalidInput(
      'data.train is missing: folds, bagging, search and data.crossSource need labelled texts',
      'What labels are called is all there is to learn from: one training does that.',
    );
  if (folds > 0 && bagging > 0)
    throw invalidInput(
      `folds is ${folds} and bagging is ${bagging}: members are made in one way`,
      'Set one of them to 0.',
    );
  if (ensemble !== 'refit' && folds === 0 && bagging === 0)
    throw invalidInput(`ensemble is '${ensemble}' and there are no members`, 'Set folds or bagging, such as folds: 5.');
  if (data.crossSource && data.sourceColumn === undefined)
    throw invalidInput(
      'data.crossSource is true without data.sourceColumn',
      'Name the column that says where a text is from.',
    );
  if (search.trials > 0) expectSearchable(recipe);
};

/** How the model that is kept comes about. */
interface Ending {
  plan: Plan;
  started: number;
  /** Its own log is finished with the run. */
  insights: (final: FinalScores) => Insights;
}

/** What is told in the end, of a training or of an ensemble. */
const finish = (
  { plan, started, insights }: Ending,
  run: Pick<Run, 'data' | 'space' | 'reporter' | 'log' | 'options'> & { progress: FitProgress; final: FinalScores },
  save: Parameters<typeof finishRun>[1],
): Promise<TrainingResult> => finishRun({ ...run, recipe: plan.recipe, started, insights: insights(run.final) }, save);

/** One model, trained on the whole training part: the best of a search, or a training of its own. */
const refit = async (ending: Ending, best: FoundOptions | undefined): Promise<TrainingResult> => {
  const { plan } = ending;
  const { prepared } = plan;
  const { data, parts, outOfScope } = prepared;
  const folder = trainingFolder(memberFolder(plan, 'final'));
  const warn = (message: string): void => prepared.reporter.emit({ kind: 'notice', level: 'warning', message });
  const own = { data, parts, outOfScope };
  const training: Training =
    best === undefined
      ? { ...own, recipe: plan.recipe, folder, found: await findUnfinished(folder, warn) }
      : { ...own, recipe: best.trained, folder: best.folder, found: best.found };
  return trainOnce(prepared, training, async (trained) => {
    prepared.reporter.stage('evaluate');
    const run = { ...trained, recipe: plan.recipe };
    const final = await scoreFinal(run);
    return finish(ending, { ...run, final }, (target, facts) => saveState(target, run, prepared, final.rule, facts));
  });
};

/** The mean of the members' weights: they began at the same ones, and so did not end too far from each other for that. */
const soup = (ending: Ending, names: readonly string[]): Promise<TrainingResult> => {
  const { plan } = ending;
  const { prepared, recipe } = plan;
  const { data, parts, outOfScope } = prepared;
  const folder = trainingFolder(memberFolder(plan, 'final'));
  return withRun(prepared, { recipe, data, parts, outOfScope, folder }, async (run) => {
    const mean = flatWeights(run);
    for (const [i, name] of names.entries()) {
      const weights = await readMemberWeights(memberFolder(plan, name));
      for (const [key, values] of Object.entries(mean)) {
        const next = weights[key]!;
        if (i === 0) values.set(next);
        else for (let at = 0; at < values.length; at++) values[at]! += (next[at]! - values[at]!) / (i + 1);
      }
    }
    prepared.reporter.stage('evaluate');
    const final = await scoreFinal(run);
    return finish(ending, { ...run, progress: freshProgress(), final }, (target, facts) =>
      saveState(target, run, prepared, final.rule, facts),
    );
  });
};

/** All members in one folder, whose probabilities are averaged. */
const vote = async (
  ending: Ending,
  names: readonly string[],
  answers: readonly MemberAnswers[],
): Promise<TrainingResult> => {
  const { plan } = ending;
  const { prepared, recipe } = plan;
  const { data, maxLength, reporter, options } = prepared;
  const { space } = data;
  reporter.stage('evaluate');
  const mean = (part: 'validation' | 'test' | 'outOfScope'): Float32Array | undefined => {
    const own = answers.flatMap((member) => member[part] ?? []);
    return own.length === answers.length ? averageLogits(space, own) : undefined;
  };
  const parts = { validation: mean('validation'), test: mean('test') };
  const logits = Object.fromEntries(Object.entries(parts).filter(([, values]) => values !== undefined));
  const final = scoreAnswers({ recipe, data, space }, logits, mean('outOfScope'));
  const folder = logFolder(trainingFolder(memberFolder(plan, 'final')));
  const log = await openRunLog({ recipe, space, reporter, folder, validationTexts: data.validation.length });
  const members = names.map((name) => join(memberFolder(plan, name), 'model'));
  const run = { data, space, reporter, log, options, progress: freshProgress(), final };
  return finish(ending, run, (target, facts) =>
    saveEnsembleFolder(target, { space, rule: final.rule, maxLength, members }, { ...facts, signal: options.signal }),
  );
};

/** A run of many trainings: a search, then members, then one model a source, then what is kept. */
const runTrainings = async (prepared: PreparedRun, folder: string, started: number): Promise<TrainingResult> => {
  const { recipe, reporter, data } = prepared;
  const sources = recipe.data.crossSource ? sourceMembers(prepared) : [];
  const members = membersOf(prepared, recipe);
  if (recipe.search.trials > 0 && data.validation.length === 0)
    throw invalidInput(
      'search: there are no validation texts to judge trials by',
      'Set data.split.validation or data.validation.',
    );
  const { ensemble } = recipe;
  const total = recipe.search.trials + members.length + sources.length + 1;
  let number = 0;
  const begin = (purpose: TrainingOfMany['purpose']): void => {
    number += 1;
    reporter.training({ purpose, number, total });
  };
  let plan: Plan = { prepared, recipe, folder, begin };
  let insights: Insights = {};
  const best = recipe.search.trials > 0 ? await searchOptions(plan) : undefined;
  if (best !== undefined) {
    plan = { ...plan, recipe: best.recipe };
    insights = joinInsights(insights, best.insights);
  }
  const keeps = { refit: 'nothing', soup: 'weights', vote: 'model' } as const;
  const answers: MemberAnswers[] = [];
  for (const member of members) answers.push(await trainMember(plan, member, keeps[ensemble]));
  if (members.length > 0) insights = joinInsights(insights, outOfFold(data, members, answers));
  const rows = sources.length > 0 ? await crossSourceRows(plan, sources) : undefined;
  begin('final');
  const ending: Ending = {
    plan,
    started,
    insights: ({ validation, rule }) =>
      rows === undefined || validation === undefined
        ? insights
        : joinInsights(insights, crossSourceInsights(data, rows, { logits: validation.logits, rule })),
  };
  const names = members.map(({ name }) => name);
  if (members.length > 0 && ensemble === 'soup') return soup(ending, names);
  if (members.length > 0 && ensemble === 'vote') return vote(ending, names, answers);
  return refit(ending, best);
};

/** Runs all trainings of a recipe; what they leave in `folder` is removed once the model is saved. */
export const runPlan = async (prepared: PreparedRun, folder: string, started: number): Promise<TrainingResult> => {
  const result = await runTrainings(prepared, folder, started);
  await removeCheckpoint(folder);
  return result;
};

/** Forgets a plan of which no training has come so far as to leave anything. */
export const forgetEmptyPlan = async (folder: string, names: readonly string[]): Promise<void> => {
  for (const name of names) if ((await generationSteps(trainingFolder(join(folder, name)))).length > 0) return;
  await rm(folder, { recursive: true, force: true });
};
