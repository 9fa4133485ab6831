import { encodeLabels } from '@taxon/data';
import type { DecisionRule } from '@taxon/models';
import { followEvaluation, withAverage } from './averaging.ts';
import { isChain } from './chain.ts';
import type { Evaluation } from './fit.ts';
import type { ForwardPass } from './forward-pass.ts';
import { meanLoss } from './mean-loss.ts';
import type { Run } from './run.ts';
import { scoreLogits } from './score.ts';
import { headlineOf } from './scores.ts';
import { tuneThresholds } from './tune-thresholds.ts';

/** Logits of a part, [texts, C]. */
export const partLogits = async (
  { parts, state }: Pick<Run, 'parts' | 'state'>,
  forward: ForwardPass,
  part: 'validation' | 'test',
): Promise<Float32Array> => (await forward.run(state, parts[part])).logits;

/**
 * Scores the validation part while training goes on: with the best thresholds of a multi-label task, since at 0.5 a rare
 * label may never be given, however well it is ranked.
 */
export const scoreValidation = async (run: Run, epoch: number): Promise<Pick<Evaluation, 'loss' | 'scores'>> => {
  followEvaluation(run.state, epoch, run.recipe);
  return withAverage(run.state, () => scoreWeights(run, epoch));
};

const scoreWeights = async (run: Run, epoch: number): Promise<Pick<Evaluation, 'loss' | 'scores'>> => {
  const { recipe, data, parts, space, state, objective, forward, log } = run;
  const logits = await partLogits(run, forward, 'validation');
  const labels = encodeLabels(space, data.validation);
  await log.logits({ epoch, step: state.step }, logits, labels);
  const rule: DecisionRule = {
    decoding: recipe.hierarchy?.decoding,
    tasks: tuneThresholds(logits, labels, space, recipe.thresholds).rules,
  };
  const { scores } = scoreLogits(logits, data.validation, space, rule);
  // The fine heads of a chain have not learnt yet.
  const figures = isChain(run) ? headlineOf(scores.tasks, 0) : scores.figures;
  return { loss: meanLoss(logits, parts.validation.targets, objective), scores: { ...scores, figures } };
};
