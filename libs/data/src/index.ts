export { clusterLabels, nameGroups } from './cluster-labels.ts';
export { addCoarseTask, fillCoarseLabels, type CoarseTaskOptions } from './coarse-task.ts';
export { comparePart, type PartComparison } from './compare-parts.ts';
export {
  describeDataset,
  type DatasetDescription,
  type DuplicateGroup,
  type LabelConflict,
  type LengthSummary,
  type TaskDescription,
} from './describe-dataset.ts';
export {
  labelNameMethod,
  type Example,
  type Origin,
  type Task,
  type TaskDefinition,
  type TaskKind,
} from './example.ts';
export type { DataFormat, TextFormat } from './file-format.ts';
export { foldsOf } from './folds.ts';
export {
  createLabelSpace,
  encodeLabels,
  labelIndex,
  requireClasses,
  type LabelIndices,
  type LabelSpace,
} from './label-space.ts';
export { exampleId, leakNotes, leaksOf, type HeldOut, type Leak } from './leaks.ts';
export { nearDuplicatesAcross, type NearDuplicate, type NearDuplicateOptions } from './near-duplicates.ts';
export type { Note } from './note.ts';
export { createRandom, shuffle, type Random } from './random.ts';
export {
  openDataset,
  readDataset,
  type Dataset,
  type DatasetFile,
  type ReadDatasetOptions,
  type TaskColumn,
} from './read-dataset.ts';
export { readHierarchy } from './read-hierarchy.ts';
export { readTexts, type ReadTextsOptions, type TextFile, type TextRow } from './read-texts.ts';
export { stratifiedSplit, type Split, type SplitOptions } from './stratified-split.ts';
export { fewShot, imbalancedCut, type ImbalancedCutOptions } from './subsets.ts';
export { normalizeText } from './text-groups.ts';
