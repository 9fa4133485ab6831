export type { AugmentContext, Augmentation } from './augment-rows.ts';
export type { Method, MethodKind, MethodResources, Wanted } from './method.ts';
export {
  augmentOptionsSchema,
  type AugmentOptions,
  type MethodOptions,
  type PolicyOptions,
  type QualityOptions,
} from './options.ts';
export type { DatasetProfile } from './profile.ts';
export type { AugmentedRow, Row } from './row.ts';
export {
  dropReasons,
  type AugmentationExample,
  type AugmentationProgress,
  type AugmentationSummary,
  type Diversity,
  type DropReason,
  type MethodSummary,
} from './summary.ts';
export type { Translator } from './translator.ts';
