import { formatPercent } from '../render/format.ts';
import { formatAmount, formatDetails, formatFinished, type Progress, type ProgressView } from './progress-view.ts';

/** Often enough to see that it lives, rare enough for a log file. */
const secondsBetweenLines = 10;

/** Plain lines for a log: one when a stage ends, and one every ten seconds of a long stage. */
export const plainView = (write: (line: string) => void, now = () => performance.now() / 1000): ProgressView => {
  let stage: string | undefined;
  let progress: Progress | undefined;
  let startedAt = 0;
  let toldAt = 0;

  const end = (): void => {
    if (stage === undefined) return;
    write(`${stage}: ${formatFinished(progress, now() - startedAt)}`);
    stage = undefined;
  };
  return {
    begin: (name) => {
      end();
      [stage, progress, startedAt, toldAt] = [name, undefined, now(), now()];
    },
    update: (next) => {
      progress = next;
      if (stage === undefined || now() - toldAt < secondsBetweenLines) return;
      toldAt = now();
      const percent = next.total > 0 ? `${formatPercent(next.done / next.total, 0)}, ` : '';
      write(`${stage}: ${percent}${[formatAmount(next), ...formatDetails(next)].join(', ')}`);
    },
    note: (line, level = 'info') => write(level === 'warning' ? `warning: ${line}` : line),
    end,
    abandon: () => (stage = undefined),
  };
};
