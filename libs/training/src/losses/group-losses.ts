import { TaxonError } from '@taxon/errors';
import * as tf from '@tensorflow/tfjs-core';
import { distillation } from './distillation.ts';
import { smoothTargets } from './label-smoothing.ts';
import type { LossKind, LossOptions } from './loss.ts';
import { lossOf, type LossName } from './loss-table.ts';
import { rDrop } from './r-drop.ts';

// N: text slots, C: labels of all groups, G: groups.

/** Columns [begin, end) of the logits, which are one distribution (softmax) or one a label (sigmoid). */
export interface LossGroup {
  kind: LossKind;
  begin: number;
  end: number;
  /** Factor on the group's loss; 0 leaves the group out. */
  weight: number;
}

export interface GroupLossOptions extends LossOptions {
  /** @default 'cross-entropy' for both kinds */
  names?: Partial<Record<LossKind, LossName>>;
  /** Share of each target that goes to all labels alike, 0..1. @default 0 */
  labelSmoothing?: number;
  /** [C] factor on the loss of each class. */
  classWeights?: ArrayLike<number>;
  /** [C] factor on the loss of a label that a text has; read in sigmoid groups alone. */
  positiveWeights?: ArrayLike<number>;
}

/** The columns of each group. The groups must cover all columns in order; one group is all of them, without a copy. */
const columnsOf = (x: tf.Tensor2D, groups: readonly LossGroup[]): tf.Tensor2D[] => {
  const tiles = groups.every(({ begin, end }, i) => end > begin && begin === (groups[i - 1]?.end ?? 0));
  if (!tiles || groups.at(-1)?.end !== x.shape[1])
    throw new TaxonError({
      code: 'internal',
      message: `groups ${groups.map(({ begin, end }) => `[${begin}, ${end})`).join(', ')} do not tile ${x.shape[1]} columns`,
      hint: 'Give the groups in order; leave one out of the loss by a weight of 0.',
    });
  if (groups.length === 1) return [x];
  return tf.split(
    x,
    groups.map(({ begin, end }) => end - begin),
    1,
  );
};

/** Column g of [N, G], as [N]. */
const knownOf = (known: tf.Tensor2D, groups: number): tf.Tensor1D[] =>
  groups === 1 ? [tf.reshape(known, [-1])] : (tf.unstack(known, 1) as tf.Tensor1D[]);

const part = (values: ArrayLike<number> | undefined, { begin, end }: LossGroup): tf.Tensor1D | undefined =>
  values === undefined
    ? undefined
    : tf.tensor1d(Float32Array.from({ length: end - begin }, (_, i) => values[begin + i]!));

/**
 * Σ over groups of weight · what `loss` gives for the group's columns of every tensor, [N].
 * @param loss 0 for rows that do not count
 */
const overGroups = (
  tensors: readonly tf.Tensor2D[],
  known: tf.Tensor2D,
  groups: readonly LossGroup[],
  loss: (columns: tf.Tensor2D[], counted: tf.Tensor1D, group: LossGroup) => tf.Tensor1D,
): tf.Tensor1D => {
  const columns = tensors.map((x) => columnsOf(x, groups));
  const counted = knownOf(known, groups.length);
  const parts = groups.flatMap((group, g): tf.Tensor1D[] => {
    if (group.weight === 0) return [];
    const ofGroup = columns.map((x) => x[g]!);
    return [tf.mul(loss(ofGroup, counted[g]!, group), group.weight)];
  });
  return parts.reduce<tf.Tensor1D>((sum, next) => tf.add(sum, next), tf.zerosLike(counted[0]!));
};

/**
 * The loss of every text over its groups, [N]: Σ weight · known · loss. Rows of an unknown group add 0, whatever their targets,
 * and a gradient of 0.
 * @param logits [N, C]
 * @param targets [N, C] 0..1
 * @param known [N, G] 1 where the targets of a group are known
 */
export const groupLosses = (
  logits: tf.Tensor2D,
  targets: tf.Tensor2D,
  known: tf.Tensor2D,
  groups: readonly LossGroup[],
  { names = {}, labelSmoothing = 0, classWeights, positiveWeights, ...options }: GroupLossOptions = {},
): tf.Tensor1D =>
  overGroups([logits, targets], known, groups, ([x, t], counted, group) =>
    lossOf(names[group.kind] ?? 'cross-entropy', group.kind)(x!, smoothTargets(t!, labelSmoothing, group.kind), {
      counted,
      classWeights: part(classWeights, group),
      positiveWeights: group.kind === 'sigmoid' ? part(positiveWeights, group) : undefined,
      options,
    }),
  );

/** R-Drop over groups, [N]: Σ weight · known · rDrop. */
export const groupConsistency = (
  first: tf.Tensor2D,
  second: tf.Tensor2D,
  known: tf.Tensor2D,
  groups: readonly LossGroup[],
): tf.Tensor1D =>
  overGroups([first, second], known, groups, ([x, y], counted, { kind }) => tf.mul(rDrop(x!, y!, kind), counted));

/** Distillation over groups, [N]: Σ weight · known · distillation. A teacher's answer is known for texts without a label too. */
export const groupDistillation = (
  student: tf.Tensor2D,
  teacher: tf.Tensor2D,
  known: tf.Tensor2D,
  groups: readonly LossGroup[],
  temperature: number,
): tf.Tensor1D =>
  overGroups([student, teacher], known, groups, ([x, y], counted, { kind }) =>
    tf.mul(distillation(x!, y!, kind, temperature), counted),
  );
