import type { LabelIndices, LabelSpace } from '@taxon/data';
import { sweepThresholds, type ThresholdSweep } from '@taxon/evaluation';
import type { TaskRule } from '@taxon/models';
import type { Recipe } from './recipe.ts';
import { taskLogits } from './task-logits.ts';

/** From which probability on each label of a multi-label task is given. */
export interface TunedThresholds {
  /** By task; nothing for single-label ones. */
  rules: TaskRule[];
  /** By task: what the thresholds were chosen from. */
  sweeps: (ThresholdSweep | undefined)[];
}

/** Points of each label's own curve in the report. */
const labelPoints = 60;

/**
 * Chooses the thresholds of every multi-label task on the given texts.
 * @param logits [texts, C]
 */
export const tuneThresholds = (
  logits: Float32Array,
  labels: readonly LabelIndices[],
  space: LabelSpace,
  how: Recipe['thresholds'],
  { curves = false }: { curves?: boolean } = {},
): TunedThresholds => {
  const sweeps = space.tasks.map(({ kind, labels: names }, task) => {
    const own = kind === 'multi-label' ? taskLogits(logits, labels, space, task) : undefined;
    if (own?.kind !== 'multi-label' || own.texts.length === 0) return undefined;
    return sweepThresholds(own.logits, own.expected, names, curves ? { labelPoints } : { points: 2 });
  });
  const rules = sweeps.map((sweep): TaskRule => {
    if (sweep === undefined || how === 'half') return {};
    const { global, perLabel } = sweep;
    return { thresholds: perLabel.map(({ probability }) => (how === 'global' ? global.probability : probability)) };
  });
  return { rules, sweeps };
};
