import { loadModelFolder, resolveEncoder, type ModelFolder } from '@taxon/models';
import { chooseLearning, expectLayers } from './choose-learning.ts';
import { choosePrecision } from './choose-precision.ts';
import type { Device } from './device.ts';
import { chooseHead } from './head-config.ts';
import { initializeHead } from './initial-head.ts';
import { createModelState, type ModelState } from './model-state.ts';
import type { Recipe } from './recipe.ts';
import type { Reporter } from './reporter.ts';

/** The encoder that a recipe names, fetched where it is not here. */
export const loadEncoder = async (
  { encoder }: Pick<Recipe, 'encoder'>,
  signal: AbortSignal,
  reporter: Reporter,
): Promise<ModelFolder> => {
  reporter.stage('encoder');
  const onProgress = ({ done, total }: { done: number; total: number }): void =>
    reporter.progress('bytes', done, total);
  return loadModelFolder(await resolveEncoder(encoder, { signal, onProgress }), { signal });
};

/** The state that training starts from, with a fresh head of so many outputs; a copy of the source's weights. */
export const createInitialState = async (
  recipe: Recipe,
  source: ModelFolder,
  outputs: number,
  device: Device,
): Promise<ModelState> => {
  const { weights, encoder } = source;
  const head = chooseHead(recipe, source, outputs);
  initializeHead(weights, encoder, head, recipe.seed);
  const learning = chooseLearning(recipe, device);
  expectLayers(learning, encoder);
  const precision = await choosePrecision(recipe, encoder, device);
  return createModelState(weights, encoder, head, { precision, ...learning, seed: recipe.seed });
};
