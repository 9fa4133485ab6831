import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { invalidInput, TaxonError } from '@taxon/errors';
import { createCollector, type Answers } from './answers.ts';
import type { AnsweredTask, AnsweredText, AnswersHeader, AnswersTask } from './answers-file.ts';

type Fields = Record<string, unknown>;

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isText = (value: unknown): value is string => typeof value === 'string';
const isLabels = (value: unknown): value is string[] => Array.isArray(value) && value.every(isText);

const parseLine = (where: string, line: string): Fields => {
  try {
    const value: unknown = JSON.parse(line);
    if (isFields(value)) return value;
  } catch {
    // Said below.
  }
  throw invalidInput(`${where}: no JSON object: ${line.slice(0, 60)}`);
};

const isTask = (value: unknown): value is AnswersTask =>
  isFields(value) &&
  isText(value['name']) &&
  ['single-label', 'multi-label'].includes(value['kind'] as string) &&
  isLabels(value['labels']);

type Header = Omit<Answers, 'texts'>;

const parseHeader = (path: string, line: string): Header => {
  let header: unknown;
  try {
    header = JSON.parse(line);
  } catch {
    // Said below.
  }
  const tasks = isFields(header) && header['kind'] === 'answers' ? header['tasks'] : undefined;
  if (!Array.isArray(tasks) || tasks.length === 0 || !tasks.every(isTask))
    throw invalidInput(
      `${path} is no file of saved answers: its first line is not a header of the kind "answers" with its tasks`,
      'taxon evaluate MODEL FILE --save-answers writes one; a run keeps its own in run/answers.jsonl.',
    );
  const { split, hierarchy } = header as AnswersHeader;
  return { tasks, ...(isText(split) && { split }), ...(hierarchy === true && { hierarchy }) };
};

const parseTask = (where: string, { name, kind, labels: known }: AnswersTask, own: unknown): AnsweredTask => {
  if (!isFields(own)) throw invalidInput(`${where}: there is no answer of the task '${name}'`);
  const { labels, answer, probabilities } = own;
  if (labels !== undefined && labels !== null && !isLabels(labels))
    throw invalidInput(`${where}: labels is not a list of names`);
  if (!isLabels(answer)) throw invalidInput(`${where}: answer is not a list of labels`);
  const scored = probabilities !== undefined && probabilities !== null;
  if (scored && !(Array.isArray(probabilities) && probabilities.length === known.length))
    throw invalidInput(`${where}: probabilities is not a list of ${known.length} numbers, one a label of '${name}'`);
  if (kind === 'single-label' && (answer.length > 1 || (answer.length === 0 && !scored)))
    throw invalidInput(
      `${where}: answer has ${answer.length} labels, and '${name}' has one a text`,
      'A text left unanswered needs probabilities: its likeliest label is scored.',
    );
  return {
    ...(isLabels(labels) && { labels }),
    answer,
    ...(scored && { probabilities: probabilities as number[] }),
  };
};

const parseText = (where: string, tasks: readonly AnswersTask[], row: Fields): AnsweredText => {
  const { text, pair, source, line, tasks: listed } = row;
  if (!isText(text)) throw invalidInput(`${where}: text is missing`);
  const own = (name: string): unknown =>
    Array.isArray(listed) ? listed.find((one) => isFields(one) && one['task'] === name) : undefined;
  return {
    text,
    ...(isText(pair) && { pair }),
    ...(isText(source) && { source }),
    ...(typeof line === 'number' && { line }),
    tasks: tasks.map((task) => parseTask(where, task, tasks.length === 1 ? (own(task.name) ?? row) : own(task.name))),
  };
};

/**
 * Reads a file of `writeAnswers`, line by line.
 * @throws TaxonError `not_found`, `invalid_input` naming file and line, `cancelled` after an abort
 */
export const readAnswers = async (path: string, signal?: AbortSignal): Promise<Answers> => {
  const input = createReadStream(path, { encoding: 'utf8', signal });
  const failed = new Promise<never>((_, reject) => input.once('error', reject));
  failed.catch(() => undefined);
  try {
    let [number, header]: [number, Header | undefined] = [0, undefined];
    let collect: ReturnType<typeof createCollector> | undefined;
    const texts: Answers['texts'] = [];
    for await (const line of createInterface({ input, crlfDelay: Infinity })) {
      const where = `${path}:${++number}`;
      if (header === undefined) header = parseHeader(path, line);
      else if (line.trim() !== '') {
        collect ??= createCollector(header);
        texts.push(collect(parseText(where, header.tasks, parseLine(where, line))));
      }
    }
    if (input.errored) await failed;
    return { ...(header ?? parseHeader(path, '')), texts };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT')
      throw new TaxonError({ code: 'not_found', message: `${path} does not exist`, cause: error });
    throw error instanceof Error && error.name === 'AbortError' ? TaxonError.from(error) : error;
  } finally {
    input.destroy();
  }
};
