import type { Prediction, TaskPrediction } from '@taxon/models';
import stringWidth from 'string-width';
import type { Colors } from '../terminal.ts';
import { formatBar } from './bar.ts';
import { formatPercent } from './format.ts';

const barWidth = 24;
const widestLabel = 60;

/**
 * One line of at most `width` code points. Line breaks and control characters, which a terminal would obey, become spaces;
 * what is too long is cut with an ellipsis.
 */
export const oneLine = (text: string, width: number): string => {
  const flat = text.replace(/[\s\p{Cc}]+/gu, ' ').trim();
  const letters = Array.from(flat.slice(0, 4 * width), String);
  return letters.length <= width && flat.length <= 4 * width ? flat : `${letters.slice(0, width - 1).join('')}…`;
};

/** The ranked labels of one task as bars; those that are answered are green. */
const formatTask = ({ labels, answer }: Omit<TaskPrediction, 'task'>, colors: Colors): string[] => {
  const names = labels.map(({ label }) => oneLine(label, widestLabel));
  const widest = Math.max(...names.map((name) => stringWidth(name)), 0);
  const given = new Set(answer);
  return labels.map(({ label, probability }, rank) => {
    const name = names[rank]! + ' '.repeat(widest - stringWidth(names[rank]!));
    const line = `${name}  ${formatBar(probability, barWidth, ' ')}  ${formatPercent(probability).padStart(7)}`;
    return `  ${given.has(label) ? colors.green(line) : line}`;
  });
};

/**
 * A text and its ranked labels as bars, for a person; of several tasks one after the other, each under its name:
 *
 *     where is my parcel?
 *       delivery_delay  ███████████████████▌      81.3 %
 *       change_address  ██▏                        9.0 %
 */
export const formatPrediction = (text: string, prediction: Prediction, colors: Colors, columns: number): string => {
  const { tasks } = prediction;
  const rows = tasks.flatMap((task) => [
    ...(tasks.length > 1 ? [`  ${colors.dim(oneLine(task.task, widestLabel))}`] : []),
    ...formatTask(task, colors),
    ...(task.answer.length === 0 ? [`  ${colors.yellow('no answer: the model is not sure enough')}`] : []),
  ]);
  const cut = prediction.truncated ? colors.yellow(`  (only the first ${prediction.tokens} tokens were read)`) : '';
  return [colors.bold(oneLine(text, columns)) + cut, ...rows].join('\n');
};
