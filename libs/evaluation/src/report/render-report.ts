import { mistakesCsv } from '../error-analysis/mistakes-csv.ts';
import { csv } from './csv.ts';
import { drawCharts } from './draw-charts.ts';
import { reportPage } from './page.ts';
import type { RunReport } from './run-report.ts';
import { mistakesFile, surestFirst } from './sections/mistakes.ts';
import { scoredParts, type TaskReport } from './task-report.ts';
import { writeFiles } from './write-files.ts';

const perClassCsv = (tasks: readonly TaskReport[]): string =>
  csv(
    ['task', 'split', 'label', 'precision', 'recall', 'f1', 'support'],
    tasks.flatMap((task) =>
      scoredParts(task).flatMap(([split, { perLabel }]) =>
        perLabel.map(({ label, precision, recall, f1, support }) => [
          task.name,
          split,
          label,
          precision,
          recall,
          f1,
          support,
        ]),
      ),
    ),
  );

const labelErrorsCsv = (tasks: readonly TaskReport[]): string =>
  csv(
    ['task', 'line', 'source', 'self_confidence', 'given', 'suggested', 'verdict', 'text'],
    tasks.flatMap((task) =>
      task.kind === 'single-label'
        ? (task.labelErrors?.suspects ?? []).map(({ line, source, selfConfidence, given, suggested, text }) => [
            ...[task.name, line ?? '', source ?? '', selfConfidence, given, suggested, 'wrong', text],
          ])
        : (task.labelErrors?.suspects ?? []).map(({ line, source, selfConfidence, label, kind, text }) => [
            ...[task.name, line ?? '', source ?? '', selfConfidence],
            ...(kind === 'extra' ? [label, ''] : ['', label]),
            ...[kind, text],
          ]),
    ),
    true,
  );

const duplicatesCsv = ({ nearDuplicates }: RunReport): string =>
  csv(
    ['similarity', 'part', 'line', 'labels', 'text', 'other_part', 'other_line', 'other_labels', 'other_text'],
    (nearDuplicates?.pairs ?? []).map(({ similarity, a, b }) => [
      similarity,
      ...[a, b].flatMap(({ part, line, labels = [], text }) => [part, line ?? '', labels.join(' | '), text]),
    ]),
    true,
  );

/** Everything but texts and the tables that have files of their own. */
const metricsJson = (report: RunReport): string => {
  const tasks = report.tasks.map(({ mistakes, final, labelErrors, ...task }) => ({
    ...task,
    final: Object.fromEntries(
      Object.entries(final).map(([split, { n, figures, intervals }]) => [split, { n, figures, intervals }]),
    ),
    mistakes: mistakes.length,
    ...(labelErrors && { labelErrors: { ...labelErrors, suspects: labelErrors.suspects.length } }),
  }));
  const nearDuplicates = report.nearDuplicates && { ...report.nearDuplicates, pairs: undefined };
  return `${JSON.stringify({ ...report, tasks, nearDuplicates }, null, 1)}\n`;
};

interface ReportFile {
  path: string;
  what: string;
  content: string;
}

const tables = (report: RunReport): ReportFile[] => {
  const { tasks } = report;
  const file = (path: string, what: string, content: string): ReportFile => ({ path, what, content });
  return [
    file('metrics.json', 'all figures, the recipe and every step', metricsJson(report)),
    file('per-class.csv', 'every label on every part', perClassCsv(tasks)),
    ...tasks.flatMap(({ name, mistakes }, i) =>
      mistakes.length > 0
        ? [
            file(
              mistakesFile(i),
              tasks.length > 1 ? `every wrong answer, ${name}` : 'every wrong answer',
              mistakesCsv(surestFirst(mistakes)),
            ),
          ]
        : [],
    ),
    ...(tasks.some(({ labelErrors }) => labelErrors !== undefined)
      ? [file('label-errors.csv', 'every label that is likely wrong', labelErrorsCsv(tasks))]
      : []),
    ...(report.nearDuplicates !== undefined
      ? [file('near-duplicates.csv', 'texts that are nearly the same in two parts', duplicatesCsv(report))]
      : []),
  ];
};

/**
 * Writes what a run has to tell into a folder: `report.html`, one self-contained page, and beside it `metrics.json`, `per-class.csv`,
 * and, where there is something to put in, `mistakes.csv`, `label-errors.csv`, `near-duplicates.csv`, `curves.svg` and
 * `confusion-matrix.svg` (`mistakes-2.csv` and
 * `confusion-matrix-2.svg` of the second task). Each file appears whole or not at all.
 * @throws TaxonError `resource_exhausted` when the disk is full, `permission_denied`
 */
export const renderReport = async (report: RunReport, folder: string): Promise<void> => {
  const { curves, rates, tasks: charts } = await drawCharts(report);
  const files: ReportFile[] = [
    ...tables(report),
    ...(curves === undefined ? [] : [{ path: 'curves.svg', what: 'the curves of training', content: curves }]),
    ...charts.flatMap(({ confusion, confusionFile }) =>
      confusion === undefined || confusionFile === undefined
        ? []
        : [{ path: confusionFile, what: 'the whole confusion matrix', content: confusion }],
    ),
  ];
  const page = reportPage(report, { curves, rates, tasks: charts, files: [...files, ...(report.files ?? [])] });
  const contents = Object.fromEntries(files.map(({ path, content }) => [path, content]));
  await writeFiles(folder, { ...contents, 'report.html': page });
};
