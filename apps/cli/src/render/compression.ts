import type { CompressionReport, FormMeasured } from '@taxon/distillation';
import { formatBytes, formatCount, formatPercent } from './format.ts';

const columns = ['form', 'accuracy', 'size', 'ms a text', 'texts/s'] as const;

const row = ({ form, figures, bytes, latency, throughput }: FormMeasured): string[] => [
  form,
  formatPercent(figures.accuracy ?? 0, 2),
  formatBytes(bytes),
  latency.p50.toFixed(2),
  formatCount(throughput),
];

const aligned = (rows: readonly (readonly string[])[]): string[] => {
  const widths = columns.map((_, i) => Math.max(...rows.map((cells) => cells[i]!.length)));
  return rows.map((cells) =>
    cells.map((cell, i) => (i === 0 ? cell.padEnd(widths[0]!) : cell.padStart(widths[i]!))).join('  '),
  );
};

const costsShown = 5;

/** What was won and lost, for a person. */
export const formatCompression = (output: string, report: CompressionReport): string[] => {
  const { before, after, loss, agreement, keptFloat, sensitivity, texts } = report;
  const costly = sensitivity.slice(0, costsShown).map(({ name }) => name);
  return [
    ...aligned([columns, row(before), row(after)]),
    '',
    `loss     ${loss.toFixed(2)} points on ${formatCount(texts.validation)} texts; ${formatPercent(agreement, 2)} answered the same`,
    `faster   ${(before.latency.p50 / after.latency.p50).toFixed(2)} times, one text at a time`,
    ...(costly.length > 0 ? [`costly   ${costly.join(', ')}`] : []),
    ...(keptFloat.length > 0 ? [`float    ${keptFloat.join(', ')}`] : []),
    `model    ${output}`,
  ];
};
