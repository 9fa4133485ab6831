import { basename } from 'node:path';
import { mistakeRows, partScores, type EvaluationPoint, type RunReport } from '@taxon/evaluation';
import type { FitProgress } from './fit.ts';
import type { PreparedData } from './prepare-data.ts';
import type { Recipe } from './recipe.ts';
import type { Scored } from './score.ts';

export interface ReportedRun {
  recipe: Recipe;
  data: PreparedData;
  progress: FitProgress;
  validation: Scored | undefined;
  test: Scored | undefined;
  /** Seconds by stage. */
  timings: Readonly<Record<string, number>>;
  peakMemoryBytes: number;
}

/** What a run has to tell, from its data, its progress and its scores. */
export const buildReport = ({ recipe, data, progress, validation, test, ...cost }: ReportedRun): RunReport => {
  const counts = new Map(data.labels.labels.map((label) => [label, 0]));
  for (const { label } of data.train) counts.set(label, counts.get(label)! + 1);
  const shown = test ?? validation;
  const evaluations = progress.evaluations.map(({ epoch, step, loss, metrics }): EvaluationPoint => {
    const { accuracy, macroF1, weightedF1 } = metrics;
    return { epoch, step, loss, split: 'validation', figures: { accuracy, macroF1, weightedF1 } };
  });
  return {
    title: basename(recipe.data.train),
    createdAt: new Date().toISOString(),
    encoder: recipe.encoder,
    recipe,
    data: {
      classes: [...counts].map(([label, count]) => ({ label, count })),
      sizes: { train: data.train.length, validation: data.validation.length, test: data.test.length },
      files: data.files,
      notes: data.notes,
    },
    history: progress.history,
    evaluations,
    tasks: [
      {
        name: recipe.data.labelColumn,
        kind: 'single-label',
        final: {
          ...(validation && { validation: partScores(validation.metrics) }),
          ...(test && { test: partScores(test.metrics) }),
        },
        ...(shown && { confusion: shown.confusion }),
        mistakes: mistakeRows(shown?.mistakes ?? []),
      },
    ],
    ...cost,
  };
};
