export {
  chooseRowLength,
  fillBatch,
  planBatches,
  type BatchPlan,
  type FillOptions,
  type PackedBatch,
  type PackShape,
} from './pack.ts';
