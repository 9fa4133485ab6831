import { createLogUpdate } from 'log-update';
import type { Colors } from '../terminal.ts';
import { formatBar } from '../render/bar.ts';
import { formatPercent } from '../render/format.ts';
import { formatAmount, formatDetails, formatFinished, type Progress, type ProgressView } from './progress-view.ts';

const stageWidth = 9; // 'tokenize' and a space
/** Figures come before bars: a bar grows only where time left, loss, tokens/s and rate have found their place. */
const barWidth = (columns: number): number => Math.min(24, Math.max(10, columns - 84));
/** Faster than an eye follows, slow enough that drawing costs nothing. */
const millisecondsBetweenDraws = 80;

/**
 * The line of a running stage, cut to `columns`: details that do not fit are left out, the least wanted first.
 *
 *     train    ██████████▊░░░░░░░░░░░░░  45 %  312/690 steps · 32 s left · loss 0.213 · 1,890 tok/s
 */
export const formatLiveLine = (stage: string, progress: Progress | undefined, colors: Colors, columns: number) => {
  const name = stage.padEnd(stageWidth);
  if (progress === undefined) return `${colors.cyan(name)}…`;
  const share = progress.total > 0 ? Math.min(1, progress.done / progress.total) : 0;
  const percent = formatPercent(share, 0).padStart(5);
  const bar = formatBar(share, barWidth(columns));
  let room = columns - stageWidth - bar.length - percent.length - 4;
  const shown: string[] = [];
  for (const part of [formatAmount(progress), ...formatDetails(progress)]) {
    if (room < part.length) break;
    shown.push(part);
    room -= part.length + 3;
  }
  return `${colors.cyan(name)}${bar} ${percent}  ${shown.join(colors.dim(' · '))}`.trimEnd();
};

/** One bar, redrawn in place on a terminal; each finished stage leaves a line. */
export const liveView = (stream: NodeJS.WriteStream, colors: Colors, now = () => performance.now()): ProgressView => {
  const draw = createLogUpdate(stream);
  let stage: string | undefined;
  let progress: Progress | undefined;
  let startedAt = 0;
  let drawnAt = -Infinity;

  const redraw = (): void => {
    if (stage === undefined) return;
    drawnAt = now();
    draw(formatLiveLine(stage, progress, colors, stream.columns));
  };
  const keep = (line: string): void => {
    draw.clear();
    stream.write(`${line}\n`);
    redraw();
  };
  const end = (): void => {
    if (stage === undefined) return draw.done();
    const line = `${colors.green(stage.padEnd(stageWidth))}${formatFinished(progress, (now() - startedAt) / 1000)}`;
    stage = undefined;
    keep(line);
    draw.done();
  };

  return {
    begin: (name) => {
      if (stage !== undefined) end();
      [stage, progress, startedAt] = [name, undefined, now()];
      redraw();
    },
    update: (next) => {
      progress = next;
      if (now() - drawnAt >= millisecondsBetweenDraws) redraw();
    },
    note: (line, level = 'info') => keep(level === 'warning' ? `${colors.yellow('warning')} ${line}` : line),
    end,
    abandon: () => {
      stage = undefined;
      draw.clear();
      draw.done();
    },
  };
};
