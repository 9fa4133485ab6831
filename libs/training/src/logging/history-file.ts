import { appendFileSync, mkdirSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { replaceFile } from '../checkpoint-files.ts';
import type { Evaluation, FitProgress, StepRecord } from '../fit.ts';

/** A line of `history.jsonl`. */
export type HistoryLine = { /** ISO 8601. */ time?: string } & (
  | ({ kind: 'step' } & StepRecord)
  | {
      kind: 'evaluation';
      split: 'validation' | 'test';
      epoch: number;
      step: number;
      /** Mean loss over the texts; absent where it was not computed. */
      loss?: number;
      figures: Readonly<Record<string, number>>;
      /** By task, where there are several. */
      tasks?: Readonly<Record<string, Readonly<Record<string, number>>>>;
    }
);

export const evaluationLine = (
  split: 'validation' | 'test',
  { epoch, step, loss, scores }: Omit<Evaluation, 'loss'> & { loss?: number },
): HistoryLine => ({
  kind: 'evaluation',
  split,
  epoch,
  step,
  ...(loss !== undefined && { loss }),
  // Of one task all its figures, of several those that lead, and each task's own.
  figures: scores.tasks.length === 1 ? scores.tasks[0]!.figures : scores.figures,
  ...(scores.tasks.length > 1 && {
    tasks: Object.fromEntries(scores.tasks.map(({ task, figures }) => [task, figures])),
  }),
});

/** What is told of a run up to its checkpoint; an evaluation follows the step that it was made after. */
const linesOf = ({ history, evaluations }: FitProgress): HistoryLine[] =>
  [
    ...history.map((record): HistoryLine => ({ kind: 'step', ...record })),
    ...evaluations.map((evaluation) => evaluationLine('validation', evaluation)),
  ]
    .map((line, at) => ({ line, at }))
    .sort((a, b) => a.line.step - b.line.step || a.at - b.at)
    .map(({ line }) => line);

const keyOf = ({ kind, step }: Pick<HistoryLine, 'kind' | 'step'>): string => `${kind} ${step}`;

/** Times of the lines that a file holds; a line that a crash cut off is none. */
const readTimes = async (path: string): Promise<Map<string, string>> => {
  const text = await readFile(path, 'utf8').catch(() => '');
  const times = new Map<string, string>();
  for (const line of text.split('\n'))
    try {
      const { time, ...rest } = JSON.parse(line) as HistoryLine;
      if (time !== undefined) times.set(keyOf(rest), time);
    } catch {
      continue;
    }
  return times;
};

const toText = (line: HistoryLine): string => `${JSON.stringify(line)}\n`;

export interface HistoryFile {
  append(line: HistoryLine): void;
}

/**
 * The lines of a run as they happen, one JSON object each. A run that goes on begins where its checkpoint was: what came after
 * it happens again.
 */
export const openHistory = async (path: string, resumed: FitProgress | undefined): Promise<HistoryFile> => {
  mkdirSync(dirname(path), { recursive: true });
  const times = resumed === undefined ? new Map<string, string>() : await readTimes(path);
  const lines = resumed === undefined ? [] : linesOf(resumed);
  const text = lines.map((line) => toText({ ...line, time: times.get(keyOf(line)) })).join('');
  await replaceFile(path, (temporary) => writeFile(temporary, text));
  return { append: (line) => appendFileSync(path, toText({ ...line, time: new Date().toISOString() })) };
};
