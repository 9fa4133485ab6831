export { runTrainingJob, type TrainingJobOptions } from './job.ts';
export { trainingStages, type TrainingEvent, type TrainingResult, type TrainingStage } from './progress.ts';
export { parseRecipe, readRecipe } from './parse-recipe.ts';
export { recipeSchema, type Recipe, type RecipeInput } from './recipe.ts';
