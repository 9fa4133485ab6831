import { relative } from 'node:path';
import type { Scores, TrainingResult } from '@taxon/training';
import { formatCommand } from '../shell.ts';
import type { Colors } from '../terminal.ts';
import { formatFigures } from './figures.ts';
import { countOf, formatBytes, formatDuration, formatPercent } from './format.ts';

const weakestShown = 3;

/** The labels that the model is least sure of, or undefined when it makes no mistake. */
const formatWeakest = ({ tasks }: Scores): string | undefined => {
  const weak = tasks
    .flatMap(({ perLabel }) => perLabel)
    .filter(({ f1, support }) => support > 0 && f1 < 1)
    .sort((a, b) => a.f1 - b.f1);
  if (weak.length === 0) return undefined;
  return weak
    .slice(0, weakestShown)
    .map(({ label, f1 }) => `${label} (F1 ${formatPercent(f1, 0)})`)
    .join(', ');
};

/** As short as it can be written from here. */
const shortPath = (path: string): string => {
  const short = relative(process.cwd(), path);
  return short === '' ? '.' : short.startsWith('..') ? path : short;
};

/** What a person reads when training has ended: how good, where it is, what to do next. */
export const formatTrainingResult = (result: TrainingResult, colors: Colors): string => {
  const { validation, test, modelFolder, runFolder, space } = result;
  const labels = space.tasks.reduce((count, task) => count + task.labels.length, 0);
  const parts: [string, Scores][] = [];
  if (validation !== undefined) parts.push(['validation', validation]);
  if (test !== undefined) parts.push(['test', test]);
  const [titles, ...rows] = formatFigures(parts);
  const best = test ?? validation;
  const weakest = best && formatWeakest(best);
  const model = shortPath(modelFolder);
  const row = (name: string, value: string): string => `${colors.dim(name.padEnd(9))}${value}`;
  return [
    ...(parts.length > 0 ? ['', colors.dim(titles), ...rows, ''] : ['']),
    ...(weakest === undefined ? [] : [row('weakest', weakest)]),
    row('model', `${model}  ${colors.dim(`(${countOf(labels, 'class', 'classes')})`)}`),
    row('report', shortPath(`${runFolder}/report.html`)),
    row('took', `${formatDuration(result.seconds)}, at most ${formatBytes(result.peakMemoryBytes)} of memory`),
    row('next', colors.cyan(formatCommand('taxon', 'predict', model, 'a text of yours'))),
  ].join('\n');
};
