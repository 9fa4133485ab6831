import { basename } from 'node:path';
import { confusionMatrix, type ClassificationMetrics, type Mistake, type RunReport } from '@taxon/evaluation';
import { mainTask } from '@taxon/models';
import { peakMemory, type FinishedRun } from './finish-run.ts';
import type { ScoredPart } from './score.ts';
import type { Scores } from './scores.ts';

const metricsOf = ({ tasks, figures }: Scores, task: number): ClassificationMetrics => ({
  n: tasks[task]!.n,
  accuracy: figures['accuracy']!,
  macroF1: figures['macroF1']!,
  weightedF1: figures['weightedF1']!,
  perClass: tasks[task]!.perLabel,
});

/** What a finished run has to tell. */
export const buildReport = ({ recipe, data, space, progress, final, reporter }: FinishedRun): RunReport => {
  const task = mainTask(space);
  const { labels } = space.tasks[task]!;
  const counts = new Map(labels.map((label) => [label, 0]));
  for (const example of data.train) for (const label of example.labels[task] ?? []) counts.set(label, counts.get(label)! + 1);
  const { validation, test } = final;
  const split = test ? ('test' as const) : ('validation' as const);
  const confusion = ({ answers }: ScoredPart): RunReport['confusion'] => {
    const own = answers[task]!;
    if (own.kind !== 'single-label') return undefined;
    return { ...confusionMatrix(own.expected, own.predicted, labels, own.unseen), split };
  };
  const mistakes = ({ answers }: ScoredPart): Mistake[] => {
    const own = answers[task]!;
    if (own.kind !== 'single-label') return [];
    return own.texts.flatMap((text, i) => {
      if (own.expected[i] === own.predicted[i]) return [];
      const { text: written, line, labels: right } = data[split][text]!;
      return [{ text: written, expected: right[task]![0]!, predicted: labels[own.predicted[i]!]!, probability: 1, line }];
    });
  };
  const shown = test ?? validation;
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
    evaluations: progress.evaluations.map(({ scores, ...point }) => ({
      ...point,
      split: 'validation',
      metrics: metricsOf(scores, task),
    })),
    final: {
      ...(validation && { validation: metricsOf(validation.scores, task) }),
      ...(test && { test: metricsOf(test.scores, task) }),
    },
    ...(shown && { confusion: confusion(shown) }),
    mistakes: shown ? mistakes(shown) : [],
    timings: reporter.timings(),
    peakMemoryBytes: peakMemory(),
  };
};
