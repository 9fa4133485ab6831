import type { Prediction } from '@taxon/models';
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

/**
 * A text and its ranked labels as bars, for a person:
 *
 *     where is my parcel?
 *       delivery_delay  ███████████████████▌      81.3 %
 *       change_address  ██▏                        9.0 %
 */
export const formatPrediction = (text: string, prediction: Prediction, colors: Colors, columns: number): string => {
  const names = prediction.labels.map(({ label }) => oneLine(label, widestLabel));
  const widest = Math.max(...names.map((name) => name.length), 0);
  const rows = prediction.labels.map(({ probability }, rank) => {
    const line = `${names[rank]!.padEnd(widest)}  ${formatBar(probability, barWidth, ' ')}  ${formatPercent(probability).padStart(7)}`;
    return `  ${rank === 0 ? colors.green(line) : line}`;
  });
  const cut = prediction.truncated ? colors.yellow(`  (only the first ${prediction.tokens} tokens were read)`) : '';
  return [colors.bold(oneLine(text, columns)) + cut, ...rows].join('\n');
};
