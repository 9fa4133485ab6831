export { runTrainingJob, runTrainingPartJob, type TrainingJobOptions } from './job.ts';
export { planWaves } from './plans/plan-parts.ts';
export {
  trainingStages,
  type TrainingEvent,
  type TrainingOfMany,
  type TrainingResult,
  type TrainingStage,
} from './progress.ts';
export { parseOptions, parseRecipe, readRecipe } from './parse-recipe.ts';
export { recipeSchema, type Recipe, type RecipeInput } from './recipe.ts';
export { runRecipe } from './run-recipe.ts';
export type { Extension, ExtraLoss, SeenByLoss } from './extra-loss.ts';
export type { PreparedRun } from './prepare-run.ts';
export { prepareData, type PreparedData } from './prepare-data.ts';
export type { LabelledTexts } from './fit.ts';
export { inputOf, tokenizedTexts, type Parts } from './tokenize-parts.ts';
export { createObjective } from './create-objective.ts';
export { groupDistillation, type LossGroup } from './losses/group-losses.ts';
export { createForwardPass, fillTexts, type ForwardPass, type TokenizedTexts } from './forward-pass.ts';
export { microBatches } from './micro-batch.ts';
export { checkpointFolder } from './checkpoint.ts';
export { normal } from './normal.ts';
export { createModelState, embedTokens, type ModelState, type Precision, weightsOf } from './model-state.ts';
export { compileGradients, gradientName, type ProgramOptions } from './programs.ts';
export { countClasses, labelGroups } from './build-report.ts';
export { taskReports, type ReportedPart } from './task-report.ts';
export { answeredTexts, answersHeader, saveAnswers, type LogitAnswers } from './save-answers.ts';
export { scoreLogits, type ScoredPart } from './score.ts';
export { titledFigures, type Scores, type TaskScores } from './scores.ts';
export { rateFactor } from './schedule.ts';
export { singleLabelTargets, textTargets } from './objective.ts';
export {
  createTrainingStep,
  slotFeeds,
  type LabelledBatch,
  type StepOptions,
  type TrainingStep,
} from './training-step.ts';
export type { AddedRows } from './retraining/add-rows.ts';
export type { DataParts } from './retraining/data-parts.ts';
export type { NewRow } from './retraining/new-rows.ts';
export {
  findKeptData,
  keepDataParts,
  prepareRetraining,
  readDataPart,
  type Retraining,
  type RetrainingOptions,
} from './retraining/prepare-retraining.ts';
export { keepDataPartsJob, prepareRetrainingJob } from './retraining-job.ts';
