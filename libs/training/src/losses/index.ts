export { classWeights, positiveWeights, type ClassWeighting } from './class-weights.ts';
export { distillation } from './distillation.ts';
export {
  groupConsistency,
  groupDistillation,
  groupLosses,
  type GroupLossOptions,
  type LossGroup,
} from './group-losses.ts';
export { smoothTargets } from './label-smoothing.ts';
export type { Loss, LossContext, LossKind, LossOptions } from './loss.ts';
export { lossNames, lossOf, losses, type LossName } from './loss-table.ts';
export { rDrop } from './r-drop.ts';
export { supervisedContrastive, type ContrastiveOptions } from './supervised-contrastive.ts';
