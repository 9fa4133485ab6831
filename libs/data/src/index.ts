export { comparePart, type PartComparison } from './compare-parts.ts';
export {
  describeDataset,
  type DatasetDescription,
  type DuplicateGroup,
  type LabelConflict,
  type LengthSummary,
} from './describe-dataset.ts';
export type { DataFormat, TextFormat } from './file-format.ts';
export {
  createLabelSpace,
  encodeLabels,
  labelIndex,
  requireClasses,
  type LabelSpace,
  type SingleLabelSpace,
} from './label-space.ts';
export { nearDuplicatesAcross, type NearDuplicate, type NearDuplicateOptions } from './near-duplicates.ts';
export type { Note } from './note.ts';
export { createRandom, shuffle, type Random } from './random.ts';
export { readDataset, type Dataset, type Example, type ReadDatasetOptions } from './read-dataset.ts';
export { readTexts, type ReadTextsOptions, type TextFile, type TextRow } from './read-texts.ts';
export { stratifiedSplit, type Split, type SplitOptions } from './stratified-split.ts';
export { normalizeText } from './text-groups.ts';
