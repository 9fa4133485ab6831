export { augmentRows, type AugmentContext, type Augmentation, type ResumedRun } from './augment-rows.ts';
export {
  augmentFile,
  augmentOpened,
  digestOfRequest,
  openFile,
  type AugmentFileRequest,
  type FileContext,
  type FileProgress,
  type OpenedFile,
  type WriteFileRequest,
} from './augment-file.ts';
export type { Judge } from './judge.ts';
export type { Method, MethodKind, MethodResources, Wanted } from './method.ts';
export { methodNames, methodTable, type MethodName } from './methods/table.ts';
export { openJudge } from './open-judge.ts';
export { checkMethods } from './open-methods.ts';
export {
  augmentOptionsSchema,
  type AugmentOptions,
  type MethodOptions,
  type PolicyOptions,
  type QualityOptions,
} from './options.ts';
export { hasPartialFile } from './partial-file.ts';
export { parseAugmentOptions } from './parse-options.ts';
export { needsProfile } from './policy.ts';
export { profileRows, type DatasetProfile, type ProfileOptions } from './profile.ts';
export type { AugmentedRow, Row } from './row.ts';
export { augmentSliced, sliceOptions, type NamedSlice, type SliceWork } from './sliced/augment-sliced.ts';
export { openSliceAugmenter, type SliceAugmenter } from './sliced/open-slice-augmenter.ts';
export { sliceResultSchema, sliceSchema, type Slice, type SliceResult } from './sliced/slice.ts';
export {
  dropReasons,
  type AugmentationExample,
  type AugmentationProgress,
  type AugmentationSummary,
  type Diversity,
  type DropReason,
  type MethodSummary,
} from './summary.ts';
export { augmentationPage } from './report-page.ts';
export { writeAugmentationReport } from './write-report.ts';
export type { Translator } from './translator.ts';
export { openApertium } from './translators/apertium.ts';
export { remoteTranslator, type TranslatorClient } from './translators/remote.ts';
