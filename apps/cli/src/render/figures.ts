import type { ClassificationMetrics } from '@taxon/evaluation';
import { formatCount, formatPercent } from './format.ts';
import { formatTable } from './table.ts';

const figures = ({ n, accuracy, macroF1, weightedF1 }: ClassificationMetrics): string[] => [
  formatCount(n),
  formatPercent(accuracy),
  formatPercent(macroF1),
  formatPercent(weightedF1),
];

/** Held-out figures, one row a part. */
export const formatFigures = (parts: readonly (readonly [string, ClassificationMetrics])[]): string[] =>
  formatTable(
    [
      { title: 'held out' },
      { title: 'texts', align: 'right' },
      { title: 'accuracy', align: 'right' },
      { title: 'macro F1', align: 'right' },
      { title: 'weighted F1', align: 'right' },
    ],
    parts.map(([name, metrics]) => [name, ...figures(metrics)]),
  );
