import type { CalibrationReport } from '../../calibration/calibration.ts';
import type { RateTestReport } from '../report-extras.ts';
import type { OutOfScopeDetection } from '../../abstention/out-of-scope.ts';
import type { RiskCoverage } from '../../abstention/risk-coverage.ts';
import { count, percent } from '../figures.ts';
import type { PartScores } from '../task-report.ts';
import { colors, vegaSvg } from './vega-svg.ts';

/** More points than pixels only make the file large. */
const mostPoints = 300;

const thin = <T>(points: readonly T[]): T[] => {
  const width = Math.ceil(points.length / mostPoints);
  return points.filter((_, i) => i % width === 0 || i === points.length - 1);
};

const share = (field: string, title: string, format = '.0%') => ({
  field,
  type: 'quantitative',
  title,
  axis: { format, tickCount: 5 },
});

/** F1 of every label against its number of texts, on a scale of powers. */
export const supportChart = ({ perLabel }: PartScores): Promise<string> => {
  const values = perLabel
    .filter(({ support }) => support > 0)
    .map(({ label, f1, support }) => ({
      f1,
      support,
      level: f1 < 0.6 ? 'low' : f1 < 0.85 ? 'mid' : 'high',
      what: `${label}: F1 ${percent(f1)} on ${count(support)} ${support === 1 ? 'text' : 'texts'}`,
    }));
  const sizes = values.map(({ support }) => support);
  // Down to zero only where a label is there: good runs differ in the upper tenths.
  const lowest = Math.max(0, Math.floor(10 * Math.min(...values.map(({ f1 }) => f1)) - 0.5) / 10);
  // A scale of powers from a number to itself has no length.
  const domain = [Math.max(0.7, Math.min(...sizes) * 0.8), Math.max(...sizes) * 1.25];
  return vegaSvg({
    width: 640,
    height: 260,
    data: { values },
    mark: { type: 'point', filled: true, size: values.length > 200 ? 34 : 60, opacity: 0.7 },
    encoding: {
      x: {
        field: 'support',
        type: 'quantitative',
        title: 'texts of the label (log scale)',
        scale: { type: 'log', domain },
        axis: { grid: false, tickCount: 6, format: ',.0f' },
      },
      y: { ...share('f1', 'F1'), scale: { domain: [lowest, 1], clamp: true } },
      color: {
        field: 'level',
        type: 'nominal',
        scale: { domain: ['low', 'mid', 'high'], range: [colors.wrong, colors.middle, colors.right] },
        legend: null,
      },
      description: { field: 'what' },
    },
  });
};

/** How often decisions are right against how sure the model is, before and after the temperature. */
export const reliabilityChart = ({ before, after }: CalibrationReport): Promise<string> => {
  const values = [
    { name: 'before', bins: before.bins },
    { name: 'after', bins: after.bins },
  ].flatMap(({ name, bins }) =>
    bins
      .filter((bin) => bin.count > 0)
      .map((bin) => ({
        name,
        confidence: bin.confidence,
        accuracy: bin.accuracy,
        decisions: bin.count,
        what: `${name}: ${percent(bin.confidence)} sure, ${percent(bin.accuracy)} right, ${count(bin.count)} decisions`,
      })),
  );
  const x = { ...share('confidence', 'how sure the model is'), scale: { domain: [0, 1] } };
  const y = { ...share('accuracy', 'how often it is right'), scale: { domain: [0, 1] } };
  const color = {
    field: 'name',
    type: 'nominal',
    scale: { domain: ['before', 'after'], range: [colors.wrong, colors.right] },
    legend: { orient: 'top', title: null, offset: 4 },
  };
  return vegaSvg({
    width: 300,
    height: 300,
    layer: [
      {
        data: { values: [{ confidence: 0, accuracy: 0 }, { confidence: 1, accuracy: 1 }] }, // prettier-ignore
        mark: { type: 'line', color: colors.faint, strokeDash: [4, 4], strokeWidth: 1.5 },
        encoding: { x, y },
      },
      { data: { values }, mark: { type: 'line', strokeWidth: 1.6 }, encoding: { x, y, color } },
      {
        data: { values },
        mark: { type: 'point', filled: true, opacity: 0.9 },
        encoding: {
          x,
          y,
          color,
          size: { field: 'decisions', type: 'quantitative', scale: { range: [25, 380] }, legend: null },
          description: { field: 'what' },
        },
      },
    ],
  });
};

/** Share of wrong answers against the share of texts answered. */
export const riskCoverageChart = ({ points }: RiskCoverage): Promise<string> => {
  const values = thin(points).map(({ coverage, risk, threshold }) => ({
    coverage,
    risk,
    what: `${percent(coverage)} of the texts answered, ${percent(risk)} of these wrong (threshold ${threshold.toFixed(3)})`,
  }));
  const x = { ...share('coverage', 'texts answered'), scale: { domain: [0, 1] } };
  const y = { ...share('risk', 'wrong answers among them', '.1%'), scale: { zero: true } };
  return vegaSvg({
    width: 380,
    height: 260,
    data: { values },
    layer: [
      { mark: { type: 'area', color: colors.wrong, opacity: 0.14 }, encoding: { x, y } },
      { mark: { type: 'line', color: colors.wrong, strokeWidth: 2.2 }, encoding: { x, y } },
      {
        mark: { type: 'point', filled: true, size: 90, opacity: 0, color: colors.wrong },
        encoding: { x, y, description: { field: 'what' } },
      },
    ],
  });
};

/** Texts in scope answered against texts out of scope answered. */
export const rocChart = ({ roc }: OutOfScopeDetection): Promise<string> => {
  const values = thin(roc).map(({ falsePositiveRate, truePositiveRate }) => ({ falsePositiveRate, truePositiveRate }));
  const x = { ...share('falsePositiveRate', 'out-of-scope texts answered'), scale: { domain: [0, 1] } };
  const y = { ...share('truePositiveRate', 'in-scope texts answered'), scale: { domain: [0, 1] } };
  return vegaSvg({
    width: 260,
    height: 260,
    layer: [
      {
        data: { values: [{ falsePositiveRate: 0, truePositiveRate: 0 }, { falsePositiveRate: 1, truePositiveRate: 1 }] }, // prettier-ignore
        mark: { type: 'line', color: colors.faint, strokeDash: [4, 4] },
        encoding: { x, y },
      },
      {
        data: { values },
        mark: { type: 'line', color: colors.right, strokeWidth: 2.2 },
        encoding: { x, y, order: { value: 0 } },
      },
    ],
  });
};

/** The loss of each update of a range test against its learning rate; a rule at the rate that was taken. */
export const rateChart = ({ points, rate }: RateTestReport): Promise<string> => {
  const values = points
    .filter(({ loss }) => Number.isFinite(loss))
    .map((point) => ({ ...point, what: `rate ${point.rate.toExponential(1)}, loss ${point.loss.toFixed(3)}` }));
  const x = {
    field: 'rate',
    type: 'quantitative',
    scale: { type: 'log', nice: false },
    axis: { title: 'learning rate', format: '.0e', tickCount: 5 },
  };
  const y = { field: 'loss', type: 'quantitative', axis: { title: 'loss' }, scale: { zero: false } };
  return vegaSvg({
    width: 440,
    height: 220,
    layer: [
      { data: { values }, mark: { type: 'line', color: colors.right, strokeWidth: 1.8 }, encoding: { x, y } },
      {
        data: { values },
        mark: { type: 'point', filled: true, size: 40, color: colors.right },
        encoding: { x, y, description: { field: 'what' } },
      },
      {
        data: { values: [{ rate }] },
        mark: { type: 'rule', color: colors.wrong, strokeDash: [4, 4] },
        encoding: { x },
      },
    ],
  });
};
