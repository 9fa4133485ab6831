import type { LabelIndices, LabelSpace } from '@taxon/data';
import { invalidInput } from '@taxon/errors';
import { countOutputs, outputGroups, taskOffsets } from '@taxon/models';
import { classWeights, positiveWeights } from './losses/class-weights.ts';
import { losses } from './losses/loss-table.ts';
import type { Objective } from './objective.ts';
import type { Recipe } from './recipe.ts';

/** Texts of every output, and of every task. */
const countTexts = (space: LabelSpace, labels: readonly LabelIndices[]) => {
  const offsets = taskOffsets(space);
  const byOutput = new Uint32Array(countOutputs(space));
  const byTask = new Uint32Array(space.tasks.length);
  for (const own of labels)
    own.forEach((indices, task) => {
      if (indices === undefined) return;
      byTask[task]! += 1;
      for (const label of indices) byOutput[offsets[task]! + label]! += 1;
    });
  return { byOutput, byTask };
};

/** Factor on each task's loss. */
const taskWeights = ({ data, hierarchy }: Recipe, space: LabelSpace): number[] =>
  space.hierarchy === undefined
    ? space.tasks.map((_, task) => data.tasks?.[task]?.weight ?? 1)
    : [1, hierarchy?.fineWeight ?? 1];

/**
 * What a recipe's training makes small.
 * @param labels of the training texts
 * @throws TaxonError `invalid_input` for a loss that none of the tasks can have
 */
export const createObjective = (recipe: Recipe, space: LabelSpace, labels: readonly LabelIndices[]): Objective => {
  const {
    kind,
    classWeights: weighting,
    beta,
    positiveWeights: most,
    rDrop,
    contrastive,
    temperature,
    ...options
  } = recipe.loss;
  if (rDrop > 0 && recipe.optimizer.dropout === 0)
    throw invalidInput(
      `loss.rDrop is ${rDrop}; without dropout both passes are the same`,
      'Set optimizer.dropout, e.g. to 0.1.',
    );
  const weights = taskWeights(recipe, space);
  const groups = outputGroups(space).map(({ task, kind: group, begin, end }) => ({
    kind: group,
    begin,
    end,
    weight: weights[task]!,
  }));
  const kinds = [...new Set(groups.map((group) => group.kind))];
  const fitting = kinds.filter((group) => losses[kind][group] !== undefined);
  if (fitting.length === 0)
    throw invalidInput(
      `loss.kind: '${kind}' is for multi-label tasks alone; the labels are ${space.tasks.map((task) => task.kind).join(', ')}`,
      'Set loss.kind to cross-entropy, focal or ghm.',
    );
  const { byOutput, byTask } = countTexts(space, labels);
  const perGroup = (weigh: (counts: Uint32Array, task: number) => Float32Array): Float32Array => {
    const all = new Float32Array(byOutput.length);
    for (const { task, begin, end } of outputGroups(space)) all.set(weigh(byOutput.subarray(begin, end), task), begin);
    return all;
  };
  return {
    rDrop,
    ...(contrastive > 0 && { contrastive: { weight: contrastive, temperature } }),
    groups,
    loss: {
      names: Object.fromEntries(fitting.map((group) => [group, kind])),
      ...options,
      ...(weighting === 'none'
        ? {}
        : { classWeights: perGroup((counts) => classWeights(counts, weighting, { beta })) }),
      ...(most === 1
        ? {}
        : { positiveWeights: perGroup((counts, task) => positiveWeights(counts, byTask[task]!, { most })) }),
    },
  };
};
