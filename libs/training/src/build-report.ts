import { basename } from 'node:path';
import { encodeLabels, type Example, type LabelSpace } from '@taxon/data';
import type { DataSummary, LabelGroup, RunReport, TaskReport } from '@taxon/evaluation';
import { mainTask } from '@taxon/models';
import { madeFrom } from './extra-loss.ts';
import { peakMemory, type FinishedRun } from './finish-run.ts';
import { taskReports, type ReportedPart } from './task-report.ts';

/** Texts of every label, those of the space first; a label outside it counts, too. */
export const countClasses = (
  examples: readonly Pick<Example, 'labels'>[],
  { tasks }: LabelSpace,
): DataSummary['classes'] =>
  tasks.flatMap(({ name, labels }, task) => {
    const counts = new Map(labels.map((label) => [label, 0]));
    for (const example of examples)
      for (const label of example.labels[task] ?? []) counts.set(label, (counts.get(label) ?? 0) + 1);
    return [...counts].map(([label, count]) => ({ label, count, ...(tasks.length > 1 && { task: name }) }));
  });

/** Which fine labels each coarse one has. */
export const labelGroups = ({ tasks, hierarchy }: LabelSpace): LabelGroup[] | undefined =>
  hierarchy &&
  tasks[0]!.labels.map((name, parent) => ({
    name,
    labels: tasks[1]!.labels.filter((_, fine) => hierarchy.parents[fine] === parent),
  }));

/** The parts that were scored, the test part last. */
const reportedParts = ({ data, space, final, insights }: FinishedRun): ReportedPart[] => [
  ...(insights?.outOfFold === undefined ? [] : [insights.outOfFold]),
  ...(['validation', 'test'] as const).flatMap((split) => {
    const scored = final[split];
    const examples = data[split];
    return scored === undefined ? [] : [{ split, scored, examples, labels: encodeLabels(space, examples) }];
  }),
];

/** A task's report with what the validation part has chosen. */
const withChoices = (report: TaskReport, task: number, { final, space }: FinishedRun): TaskReport => {
  const calibration = final.calibrations[task];
  const sweep = final.sweeps[task];
  const calibrated = {
    ...report,
    ...(calibration && { calibration: { ...calibration, fittedOn: 'validation' as const } }),
  };
  if (calibrated.kind === 'single-label' || sweep === undefined) {
    if (final.abstention === undefined || task !== mainTask(space)) return calibrated;
    return { ...calibrated, abstention: { ...calibrated.abstention, ...final.abstention } };
  }
  return { ...calibrated, thresholds: { ...sweep, split: 'validation' } };
};

/**
 * What a finished run has to tell.
 * @param files what it leaves beside its report
 */
export const buildReport = (run: FinishedRun, files: NonNullable<RunReport['files']> = []): RunReport => {
  const { recipe, data, space, progress, final, reporter, insights } = run;
  const tasks = taskReports(reportedParts(run), space).map((report, task): TaskReport => ({
    ...withChoices(report, task, run),
    ...(insights?.tasks?.[task] as object),
  }));
  const [validation, test] = [final.validation?.hierarchy, final.test?.hierarchy];
  const groups = labelGroups(space);
  return {
    title: recipe.data.train === undefined ? 'zero-shot' : basename(recipe.data.train),
    createdAt: new Date().toISOString(),
    encoder: madeFrom(run),
    recipe: { ...recipe, encoder: madeFrom(run) },
    data: {
      classes: countClasses(data.train, space),
      sizes: { train: data.train.length, validation: data.validation.length, test: data.test.length },
      files: data.files,
      notes: data.notes,
    },
    history: progress.history,
    evaluations: progress.evaluations.flatMap(({ epoch, step, loss, scores }) => [
      { epoch, step, split: 'validation' as const, loss, figures: scores.figures },
    ]),
    tasks,
    ...(space.hierarchy && {
      hierarchy: {
        decoding: recipe.hierarchy?.decoding,
        final: { ...(validation && { validation }), ...(test && { test }) },
      },
    }),
    ...(groups && { labelGroups: groups }),
    ...(data.nearDuplicates && { nearDuplicates: data.nearDuplicates }),
    ...(insights?.search && { search: insights.search }),
    ...(progress.rateTest && { rateTest: progress.rateTest }),
    ...(files.length > 0 && { files }),
    timings: reporter.timings(),
    peakMemoryBytes: peakMemory(),
  };
};
