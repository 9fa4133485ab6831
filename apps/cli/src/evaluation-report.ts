import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { encodeLabels, type Dataset, type LabelSpace } from '@taxon/data';
import { renderReport, type RunReport } from '@taxon/evaluation';
import { countClasses, labelGroups, taskReports } from '@taxon/training';
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

export interface EvaluationReportOptions {
  model: string;
  space: LabelSpace;
  dataset: Dataset;
  evaluation: Evaluation;
}

/**
 * Writes the report page of an evaluation, with what is known of the model's training.
 * @throws TaxonError as `renderReport` does
 */
export const writeEvaluationReport = async (
  folder: string,
  { model, space, dataset, evaluation: { scored, unseen } }: EvaluationReportOptions,
): Promise<void> => {
  const run = await readRun(model);
  const unseenNotes = unseen.map(({ label, n }) => ({
    level: 'warning' as const,
    message: `The model does not know the label '${label}' of ${n} of these texts; they score as errors.`,
  }));
  const trainingNotes = run?.data === undefined ? [{ level: 'info' as const, message: unknownTraining }] : [];
  const { examples } = dataset;
  const groups = labelGroups(space);
  await renderReport(
    {
      title: `${basename(dataset.path)}, answered by ${model}`,
      createdAt: new Date().toISOString(),
      encoder: run?.encoder ?? 'unknown',
      recipe: run?.recipe ?? {},
      data: {
        classes: run?.data?.classes ?? countClasses(examples, space).filter(({ count }) => count > 0),
        sizes: { train: run?.data?.sizes.train ?? 0, validation: 0, test: examples.length },
        files: [dataset.path],
        notes: [...dataset.notes, ...unseenNotes, ...trainingNotes],
      },
      history: [],
      evaluations: [],
      tasks: taskReports([{ split: 'test', scored, examples, labels: encodeLabels(space, examples) }], space),
      ...(scored.hierarchy && { hierarchy: { final: { test: scored.hierarchy } } }),
      ...(groups && { labelGroups: groups }),
      timings: {},
      peakMemoryBytes: process.resourceUsage().maxRSS * 1024,
    },
    folder,
  );
};
