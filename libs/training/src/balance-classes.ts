import type { LabelIndices, LabelSpace } from '@taxon/data';
import { invalidInput } from '@taxon/errors';
import { mainTask } from '@taxon/models';
import type { Recipe } from './recipe.ts';
import { balancedEpoch, rarestLabels } from './sampling/balance.ts';

/** The class of each text by the main task; of several labels the rarest one. */
export const classesOf = (space: LabelSpace, labels: readonly LabelIndices[]): Int32Array =>
  rarestLabels(labels.map((own) => [...(own[mainTask(space)] ?? [])]));

/**
 * The texts of each epoch with the classes of the main task balanced: another subset or repetition every epoch, a pure function of
 * seed and epoch.
 * @returns undefined where the recipe leaves the classes as they are
 */
export const balanceClasses = (
  { balance, seed }: Recipe,
  space: LabelSpace,
  labels: readonly LabelIndices[],
): ((epoch: number) => number[]) | undefined => {
  const { strategy, most, least, within } = balance;
  if (strategy === 'none' && most === 0 && least === 0) return undefined;
  const { hierarchy } = space;
  if (within === 'coarse' && hierarchy === undefined)
    throw invalidInput(
      "balance.within is 'coarse'; there are no coarse classes",
      'Set hierarchy, or balance.within to all.',
    );
  const classOf = classesOf(space, labels);
  const options = {
    strategy,
    least,
    ...(most > 0 && { most }),
    ...(within === 'coarse' && { coarseOf: hierarchy!.parents }),
  };
  return (epoch) => [...balancedEpoch(epoch, seed, classOf, options)];
};
