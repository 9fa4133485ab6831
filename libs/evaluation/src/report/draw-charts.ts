import { confusionChart } from './charts/confusion-chart.ts';
import { curvesChart } from './charts/curves-chart.ts';
import { rateChart, reliabilityChart, riskCoverageChart, rocChart, supportChart } from './charts/xy-charts.ts';
import type { RunReport } from './run-report.ts';
import { leadingScores, type TaskReport } from './task-report.ts';

/** SVG text; absent where there is nothing to draw. */
export interface TaskCharts {
  support?: string;
  reliability?: string;
  riskCoverage?: string;
  roc?: string;
  /** The whole confusion matrix, and the file that it is written to. */
  confusion?: string;
  confusionFile?: string;
}

/** Fewer labels make no cloud. */
const fewestPoints = 5;

const taskCharts = async (task: TaskReport, index: number): Promise<TaskCharts> => {
  const lead = leadingScores(task);
  const { calibration, abstention } = task;
  const confusion = task.kind === 'single-label' ? task.confusion : undefined;
  return {
    ...(lead !== undefined &&
      lead.perLabel.filter(({ support }) => support > 0).length >= fewestPoints && {
        support: await supportChart(lead),
      }),
    ...(calibration && { reliability: await reliabilityChart(calibration) }),
    ...(abstention?.riskCoverage &&
      abstention.riskCoverage.points.length > 1 && { riskCoverage: await riskCoverageChart(abstention.riskCoverage) }),
    ...(abstention?.outOfScope &&
      abstention.outOfScope.roc.length > 1 && { roc: await rocChart(abstention.outOfScope) }),
    ...(confusion !== undefined &&
      confusion.cells.length > 0 && {
        confusion: await confusionChart(confusion),
        confusionFile: index === 0 ? 'confusion-matrix.svg' : `confusion-matrix-${index + 1}.svg`,
      }),
  };
};

/** Everything of the page that Vega draws. */
export const drawCharts = async (
  report: RunReport,
): Promise<{ curves?: string; rates?: string; tasks: TaskCharts[] }> => ({
  ...(report.history.length > 0 && { curves: await curvesChart(report) }),
  ...(report.rateTest && { rates: await rateChart(report.rateTest) }),
  tasks: await Promise.all(report.tasks.map(taskCharts)),
});
