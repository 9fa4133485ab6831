export {
  openModelRegistry,
  type ModelRegistry,
  type ModelRegistryOptions,
  type RegisteredModel,
} from './model-registry.ts';
export { openRegistry, type OpenRegistryOptions } from './open-registry.ts';
export type {
  Cause,
  CheckOutOptions,
  CollectOptions,
  Collected,
  HistoryEntry,
  Lease,
  Lineage,
  Manifest,
  ManifestFile,
  ModelState,
  ModelVersion,
  MoveAliasOptions,
  RegisterOptions,
  Registry,
  VersionScores,
} from './registry.ts';
export { openFileStorage } from './storage/file-storage.ts';
export type { Storage, StoredObject, WriteOptions } from './storage/storage.ts';
export { openPlace, type OpenedPlace } from './storage/open-place.ts';
