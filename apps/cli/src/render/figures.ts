import type { Scores, TaskScores } from '@taxon/training';
import { formatCount, formatPercent } from './format.ts';
import { formatTable } from './table.ts';

/** Figures of a task by the titles of their columns; a multi-label one is told by other names. */
const columns: readonly [title: string, single: string, multi: string | undefined][] = [
  ['accuracy', 'accuracy', 'exactMatch'],
  ['macro F1', 'macroF1', 'macroF1'],
  ['micro F1', 'microF1', 'microF1'],
  ['weighted F1', 'weightedF1', 'weightedF1'],
];

/** Micro F1 of a single-label task is its accuracy once more. */
const shownColumns = (tasks: readonly TaskScores[]): typeof columns =>
  columns.filter(([title]) => title !== 'micro F1' || tasks.some(({ kind }) => kind === 'multi-label'));

const row = (name: string, { kind, n, figures }: TaskScores, shown: typeof columns): string[] => [
  name,
  formatCount(n),
  ...shown.map(([, single, multi]) => {
    const share = figures[kind === 'multi-label' && multi !== undefined ? multi : single];
    return share === undefined ? '' : formatPercent(share);
  }),
];

/** Held-out figures, one row a part and task; of multi-label tasks the accuracy is that of whole answers. */
export const formatFigures = (parts: readonly (readonly [string, Scores])[]): string[] => {
  const tasks = parts.flatMap(([, scores]) => scores.tasks);
  const shown = shownColumns(tasks);
  const exact = tasks.length > 0 && tasks.every(({ kind }) => kind === 'multi-label');
  return formatTable(
    [
      { title: 'held out' },
      { title: 'texts', align: 'right' },
      ...shown.map(([title]) => ({
        title: title === 'accuracy' && exact ? 'exact match' : title,
        align: 'right' as const,
      })),
    ],
    parts.flatMap(([name, scores]) =>
      scores.tasks.map((task) => row(scores.tasks.length === 1 ? name : `${name}, ${task.task}`, task, shown)),
    ),
  );
};
