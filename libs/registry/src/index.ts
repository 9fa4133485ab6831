export {
  openModelRegistry,
  type ModelRegistry,
  type ModelRegistryOptions,
  type RegisteredModel,
} from './model-registry.ts';
export type { Cause, HistoryEntry, Lease, Lineage, Manifest, ModelState, ModelVersion, Registry } from './registry.ts';
