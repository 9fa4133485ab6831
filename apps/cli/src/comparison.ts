import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { collectAnswers, readAnswers, type Answers } from '@taxon/evaluation';
import { invalidInput, TaxonError } from '@taxon/errors';
import { answeredTexts, answersHeader } from '@taxon/training';
import { answerFile, type AnswerFileOptions } from './answer-file.ts';
import type { ProgressView } from './progress/progress-view.ts';
import { formatCommand } from './shell.ts';

const isFolder = async (path: string): Promise<boolean> => {
  try {
    return (await stat(path)).isDirectory();
  } catch (cause) {
    throw new TaxonError({
      code: 'not_found',
      message: `${path} does not exist`,
      hint: 'Give a model folder, or a file of taxon evaluate --save-answers.',
      cause,
    });
  }
};

/**
 * The answers that a model's run has kept, or those of a file.
 * @throws TaxonError `not_found` saying what to run, `invalid_input` for files that hold no answers
 */
const readSource = async (path: string, paths: readonly string[], signal?: AbortSignal): Promise<Answers> => {
  if (!(await isFolder(path))) return readAnswers(path, signal);
  try {
    return await readAnswers(join(path, 'run', 'answers.jsonl'), signal);
  } catch (cause) {
    if (!(cause instanceof TaxonError && cause.code === 'not_found')) throw cause;
    throw new TaxonError({
      code: 'not_found',
      message: `${path} keeps no answers: there is no run/answers.jsonl in it`,
      hint: `A training with a test or a validation part leaves one. Both can answer a labelled file instead: ${formatCommand('taxon', 'compare', ...paths)} --data FILE`,
      cause,
    });
  }
};

/** A model's answers to a labelled file. */
const askModel = async (
  model: string,
  file: string,
  options: AnswerFileOptions,
  view: ProgressView,
): Promise<Answers> => {
  if (!(await isFolder(model)))
    throw invalidInput(`--data asks models, and ${model} is a file`, 'Give model folders, or leave --data away.');
  const { dataset, ...answered } = await answerFile(model, file, options, view);
  return collectAnswers(answersHeader(answered.space), answeredTexts({ ...answered, examples: dataset.examples }));
};

export interface SourceOptions extends Omit<AnswerFileOptions, 'otherTasks'> {
  /** Labelled file that both models are asked about. */
  data?: string;
}

/** Names of tasks that columns are given for. */
const namedTasks = (columns: readonly string[] = []): string[] =>
  columns.flatMap((text) => (text.includes('=') ? [text.slice(0, text.indexOf('='))] : []));

/** The answers of both sides. */
export const readSources = async (
  paths: readonly [string, string],
  { data, ...options }: SourceOptions,
  view: ProgressView,
): Promise<[a: Answers, b: Answers]> => {
  const [first, second] = paths;
  if (data === undefined)
    return [await readSource(first, paths, options.signal), await readSource(second, paths, options.signal)];
  const named = namedTasks(options.labelColumn);
  const own = { ...options, otherTasks: named };
  const [a, b] = [await askModel(first, data, own, view), await askModel(second, data, own, view)];
  const tasks = [...a.tasks, ...b.tasks].map(({ name }) => name);
  const unknown = named.find((name) => !tasks.includes(name));
  if (unknown !== undefined)
    throw invalidInput(`--label-column ${unknown}=…: the models have the tasks ${[...new Set(tasks)].join(', ')}`);
  return [a, b];
};
