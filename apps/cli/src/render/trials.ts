import type { TrainingResult } from '@taxon/training';
import { formatTable } from './table.ts';

const shown = (value: unknown): string =>
  value === undefined ? '' : typeof value === 'string' ? value : JSON.stringify(value);

/** Trials of a search as a table, the best first. */
export const formatTrials = ({ figure, trials }: NonNullable<TrainingResult['search']>): string[] => {
  const options = [...new Set(trials.flatMap((trial) => Object.keys(trial.options)))];
  const columns = [
    { title: 'trial', align: 'right' as const },
    { title: figure, align: 'right' as const },
    { title: 'end' },
    ...options.map((path) => ({ title: path.replace(/^optimizer\./u, ''), align: 'right' as const })),
  ];
  const rows = [...trials]
    .sort((a, b) => (b.value ?? -Infinity) - (a.value ?? -Infinity) || a.number - b.number)
    .map((trial) => [
      String(trial.number),
      trial.value === null ? '' : Math.abs(trial.value).toFixed(4), // a loss is made as small as can be
      trial.state,
      ...options.map((path) => shown(trial.options[path])),
    ]);
  return formatTable(columns, rows);
};
