import { countOf, formatBytes, formatDuration, formatLearningRate, formatCount } from '../render/format.ts';

export type Unit = 'bytes' | 'texts' | 'steps';

/** How far one stage of the work has come. */
export interface Progress {
  done: number;
  /** 0 when unknown. */
  total: number;
  unit: Unit | 'parts';
  epoch?: number;
  loss?: number;
  learningRate?: number;
  tokensPerSecond?: number;
  secondsLeft?: number;
}

/** Shows work to a person. One stage at a time; beginning one ends the one before. */
export interface ProgressView {
  begin(stage: string): void;
  update(progress: Progress): void;
  /** A line that stays, e.g. a warning or an evaluation. */
  note(line: string, level?: 'info' | 'warning'): void;
  /** The stage has done its work. Calling it twice is fine. */
  end(): void;
  /** The stage, if any, ends without having done its work; nothing is said of it. */
  abandon(): void;
}

export const silentView: ProgressView = {
  begin: () => undefined,
  update: () => undefined,
  note: () => undefined,
  end: () => undefined,
  abandon: () => undefined,
};

/** `312/690 steps`, `34.1 MB/90.9 MB`, or without a total `312 steps`. */
export const formatAmount = ({ done, total, unit }: Progress): string => {
  if (unit === 'bytes') return total > 0 ? `${formatBytes(done)}/${formatBytes(total)}` : formatBytes(done);
  return total > 0 ? `${formatCount(done)}/${countOf(total, unit.slice(0, -1))}` : countOf(done, unit.slice(0, -1));
};

/** What else is known of a stage, the most wanted first. */
export const formatDetails = (progress: Progress): string[] => {
  const { secondsLeft, loss, tokensPerSecond, learningRate, epoch } = progress;
  const details: string[] = [];
  if (secondsLeft !== undefined && progress.done < progress.total) details.push(`${formatDuration(secondsLeft)} left`);
  if (loss !== undefined) details.push(`loss ${loss.toFixed(3)}`);
  if (tokensPerSecond !== undefined) details.push(`${formatCount(tokensPerSecond)} tok/s`);
  if (learningRate !== undefined) details.push(`lr ${formatLearningRate(learningRate)}`);
  if (epoch !== undefined) details.push(`epoch ${epoch.toFixed(1)}`);
  return details;
};

/** What a stage leaves behind when it ends: `10,500 texts in 1.2 s`. */
export const formatFinished = (progress: Progress | undefined, seconds: number): string => {
  const time = formatDuration(seconds);
  if (progress === undefined || progress.done === 0) return time;
  const amount = formatAmount({ ...progress, total: progress.done < progress.total ? progress.total : 0 });
  const loss = progress.loss === undefined ? '' : `, loss ${progress.loss.toFixed(3)}`;
  return `${amount} in ${time}${loss}`;
};
