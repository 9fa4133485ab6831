// For services whose jobs hold a training: what a recipe and a training's events are in the contract.
export { confinePaths } from './confine-paths.ts';
export { toEventMessage, toResultMessage, toScoresMessage, whole } from './event-message.ts';
export { createTrainingMetrics } from './metrics.ts';
export { fromRecipeMessage, toRecipeMessage } from './recipe-message.ts';
export { constantOf, spelled } from './recipe-spellings.ts';
