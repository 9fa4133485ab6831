import type { Recipe } from './recipe.ts';
import { weightsOf, type ModelState } from './model-state.ts';
import { createAverage, exponential, uniform } from './techniques/weight-average.ts';

/** Gives a state the average that its recipe asks for. */
export const startAveraging = (state: ModelState, { averaging }: Pick<Recipe, 'averaging'>): void => {
  if (averaging.kind === 'none') return;
  const rule = averaging.kind === 'ema' ? exponential(averaging.decay) : uniform;
  state.average = createAverage(weightsOf(state), rule);
};

/** After every update: the moving average follows. */
export const followUpdate = (state: ModelState, { averaging }: Pick<Recipe, 'averaging'>): void => {
  if (averaging.kind === 'ema') state.average?.update(weightsOf(state));
};

/** Before every evaluation: the mean over evaluations takes the weights in, once the run has come far enough. */
export const followEvaluation = (state: ModelState, epoch: number, { averaging, optimizer }: Recipe): void => {
  if (averaging.kind === 'swa' && epoch > 0 && epoch >= averaging.start * optimizer.epochs)
    state.average?.update(weightsOf(state));
};

const hasAverage = ({ average }: ModelState): boolean => average !== undefined && average.count > 0;

/** The weights that are evaluated and saved. */
export const keptWeights = (state: ModelState): ReturnType<typeof weightsOf> =>
  hasAverage(state) ? state.average!.weights : weightsOf(state);

/** Runs `work` on a state that holds the average in place of its weights. */
export const withAverage = async <Result>(state: ModelState, work: () => Promise<Result>): Promise<Result> => {
  if (!hasAverage(state)) return work();
  const exchange = (): void => {
    state.average!.swap(weightsOf(state));
    state.memory.quantize();
  };
  exchange();
  try {
    return await work();
  } finally {
    exchange();
  }
};
