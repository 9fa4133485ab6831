export { checkpointFolder } from './checkpoint.ts';
export { runTrainingJob, type TrainingJobOptions } from './job.ts';
export {
  trainingStages,
  type TrainingEvent,
  type TrainingOfMany,
  type TrainingResult,
  type TrainingStage,
} from './progress.ts';
export { parseOptions, parseRecipe, readRecipe } from './parse-recipe.ts';
export { recipeSchema, type Recipe, type RecipeInput } from './recipe.ts';
export { createForwardPass, type ForwardPass, type TokenizedTexts } from './forward-pass.ts';
export { microBatches } from './micro-batch.ts';
export { createModelState, type ModelState, type Precision } from './model-state.ts';
export { compileGradients, type ProgramOptions } from './programs.ts';
export { countClasses, labelGroups } from './build-report.ts';
export { taskReports, type ReportedPart } from './task-report.ts';
export { scoreLogits, type ScoredPart } from './score.ts';
export { titledFigures, type Scores, type TaskScores } from './scores.ts';
export { singleLabelTargets } from './objective.ts';
export { createTrainingStep, type LabelledBatch, type StepOptions, type TrainingStep } from './training-step.ts';
