import type { LabelSpace } from '@taxon/data';
import type { Recipe } from './recipe.ts';
import type { HeadlineFigure } from './scores.ts';

/** What chooses the best weights, and the best trial of a search. */
export const chooseMetric = ({ metric }: Pick<Recipe, 'metric'>, space: LabelSpace): HeadlineFigure | 'loss' => {
  if (metric !== 'auto') return metric;
  return space.tasks.some(({ kind }) => kind === 'multi-label') ? 'macroF1' : 'accuracy';
};
