import type { ConfusionMatrix } from '../confusion-matrix.ts';
import type { ClassificationMetrics } from '../metrics.ts';
import { confusionChart, mostCounted } from './confusion-chart.ts';
import { curvesChart } from './curves-chart.ts';
import { focusConfusion } from './focus-confusion.ts';
import { reportPage, type ReportCharts } from './page.ts';
import type { HeldOutPart, RunReport } from './run-report.ts';
import type { ConfusionCharts } from './score-sections.ts';
import { writeFiles } from './write-files.ts';

const csvField = (value: string | number): string => {
  const text = String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
};

const scoredParts = ({ validation, test }: RunReport['final']): [HeldOutPart, ClassificationMetrics][] => [
  ...(validation ? [['validation', validation] as [HeldOutPart, ClassificationMetrics]] : []),
  ...(test ? [['test', test] as [HeldOutPart, ClassificationMetrics]] : []),
];

const perClassCsv = (final: RunReport['final']): string => {
  const rows = scoredParts(final).flatMap(([split, { perClass }]) =>
    perClass.map(({ label, precision, recall, f1, support }) => [split, label, precision, recall, f1, support]),
  );
  const header = ['split', 'label', 'precision', 'recall', 'f1', 'support'];
  return [header, ...rows].map((row) => `${row.map(csvField).join(',')}\n`).join('');
};

const totals = ({ n, accuracy, macroF1, weightedF1 }: ClassificationMetrics) => ({ n, accuracy, macroF1, weightedF1 });

/** Everything but the texts and the per-class tables, which have places of their own. */
const metricsJson = (report: RunReport): string => {
  const { title, createdAt, encoder, recipe, data, timings, peakMemoryBytes, history, confusion } = report;
  const final = Object.fromEntries(scoredParts(report.final).map(([split, metrics]) => [split, totals(metrics)]));
  const evaluations = report.evaluations.map(({ metrics, ...point }) => ({ ...point, ...totals(metrics) }));
  const summary = {
    title,
    createdAt,
    encoder,
    final,
    timings,
    peakMemoryBytes,
    recipe,
    data,
    evaluations,
    history,
    confusion,
  };
  return `${JSON.stringify(summary, null, 1)}\n`;
};

const focusedClasses = 30;

const drawConfusion = async (matrix: ConfusionMatrix): Promise<ConfusionCharts> => {
  const full = await confusionChart(matrix);
  const wrong = matrix.cells.some(({ expected, predicted }) => expected !== predicted);
  if (matrix.labels.length <= mostCounted || !wrong) return { full };
  return { full, focus: await confusionChart(focusConfusion(matrix, focusedClasses)) };
};

const drawCharts = async (report: RunReport): Promise<ReportCharts> => {
  return {
    curves: report.history.length > 0 ? await curvesChart(report) : undefined,
    confusion:
      report.confusion && report.confusion.cells.length > 0 ? await drawConfusion(report.confusion) : undefined,
  };
};

/**
 * Writes what a run has to tell into a folder: `metrics.json`, `per-class.csv`, `curves.svg`, `confusion-matrix.svg` and `report.html`, one
 * self-contained page. Charts without data are left out. Each file appears whole or not at all.
 * @throws TaxonError `resource_exhausted` when the disk is full, `permission_denied`
 */
export const renderReport = async (report: RunReport, folder: string): Promise<void> => {
  const charts = await drawCharts(report);
  await writeFiles(folder, {
    'metrics.json': metricsJson(report),
    'per-class.csv': perClassCsv(report.final),
    ...(charts.curves !== undefined && { 'curves.svg': charts.curves }),
    ...(charts.confusion !== undefined && { 'confusion-matrix.svg': charts.confusion.full }),
    'report.html': reportPage(report, charts),
  });
};
