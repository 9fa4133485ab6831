import { TaxonError } from '@taxon/errors';
import { asymmetric } from './asymmetric.ts';
import { binaryCrossEntropy, crossEntropy } from './cross-entropy.ts';
import { focalSigmoid, focalSoftmax } from './focal.ts';
import { ghmSigmoid, ghmSoftmax } from './gradient-harmonizing.ts';
import type { Loss, LossKind } from './loss.ts';

export const lossNames = ['cross-entropy', 'focal', 'ghm', 'asymmetric'] as const;

export type LossName = (typeof lossNames)[number];

/** Every loss by its name, for the kinds of groups that it is defined for. */
export const losses: Record<LossName, Partial<Record<LossKind, Loss>>> = {
  'cross-entropy': { softmax: crossEntropy, sigmoid: binaryCrossEntropy },
  focal: { softmax: focalSoftmax, sigmoid: focalSigmoid },
  ghm: { softmax: ghmSoftmax, sigmoid: ghmSigmoid },
  asymmetric: { sigmoid: asymmetric },
};

/** @throws TaxonError `invalid_input` for a loss that this kind of group lacks */
export const lossOf = (name: LossName, kind: LossKind): Loss => {
  const loss = losses[name][kind];
  if (loss !== undefined) return loss;
  throw new TaxonError({
    code: 'invalid_input',
    message: `the loss '${name}' is for multi-label tasks alone`,
    hint: `Use one of ${lossNames.filter((other) => losses[other][kind] !== undefined).join(', ')} for a single-label task.`,
  });
};
