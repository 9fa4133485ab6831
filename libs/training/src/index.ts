export { runTrainingJob, type TrainingJobOptions } from './job.ts';
export { trainingStages, type TrainingEvent, type TrainingResult, type TrainingStage } from './progress.ts';
export { parseRecipe, readRecipe } from './parse-recipe.ts';
export { recipeSchema, type Recipe, type RecipeInput } from './recipe.ts';
export { createForwardPass, type ForwardPass, type TokenizedTexts } from './forward-pass.ts';
export { microBatches } from './micro-batch.ts';
export { createModelState, type ModelState, type Precision } from './model-state.ts';
export { compileGradients, type ProgramOptions } from './programs.ts';
export { createTrainingStep, type LabelledBatch, type StepOptions, type TrainingStep } from './training-step.ts';
