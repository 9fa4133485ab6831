export {
  openModelRegistry,
  type ModelRegistry,
  type ModelRegistryOptions,
  type RegisteredModel,
} from './model-registry.ts';
