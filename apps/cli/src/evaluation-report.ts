import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Dataset } from '@taxon/data';
import { mistakeRows, partScores, renderReport, type RunReport } from '@taxon/evaluation';
import type { Evaluation } from './evaluation.ts';

/** What the training run told of itself, where Taxon trained the model. */
const readRun = async (model: string): Promise<Partial<RunReport> | undefined> => {
  try {
    return JSON.parse(await readFile(join(model, 'run', 'metrics.json'), 'utf8')) as Partial<RunReport>;
  } catch {
    return undefined;
  }
};

const unknownTraining =
  'What this model was trained on is not known: classes and sizes are those of the evaluated file.';

/** Class sizes of the evaluated file. */
const countClasses = ({ examples }: Dataset): { label: string; count: number }[] => {
  const counts = new Map<string, number>();
  for (const { label } of examples) counts.set(label, (counts.get(label) ?? 0) + 1);
  return [...counts].map(([label, count]) => ({ label, count }));
};

/**
 * Writes the report page of an evaluation, with what is known of the model's training.
 * @throws TaxonError as `renderReport` does
 */
export const writeEvaluationReport = async (
  folder: string,
  { model, dataset, evaluation }: { model: string; dataset: Dataset; evaluation: Evaluation },
): Promise<void> => {
  const run = await readRun(model);
  const { metrics, confusion, mistakes, unseen } = evaluation;
  const unseenNotes = unseen.map(({ label, n }) => ({
    level: 'warning' as const,
    message: `The model does not know the label '${label}' of ${n} of these texts; they score as errors.`,
  }));
  const trainingNotes = run?.data === undefined ? [{ level: 'info' as const, message: unknownTraining }] : [];
  await renderReport(
    {
      title: `${basename(dataset.path)}, answered by ${model}`,
      createdAt: new Date().toISOString(),
      encoder: run?.encoder ?? 'unknown',
      recipe: run?.recipe ?? {},
      data: {
        classes: run?.data?.classes ?? countClasses(dataset),
        sizes: { train: run?.data?.sizes.train ?? 0, validation: 0, test: metrics.n },
        files: [dataset.path],
        notes: [...dataset.notes, ...unseenNotes, ...trainingNotes],
      },
      history: [],
      evaluations: [],
      tasks: [
        {
          name: 'label',
          kind: 'single-label',
          final: { test: partScores(metrics) },
          confusion,
          mistakes: mistakeRows(mistakes),
        },
      ],
      timings: {},
      peakMemoryBytes: process.resourceUsage().maxRSS * 1024,
    },
    folder,
  );
};
