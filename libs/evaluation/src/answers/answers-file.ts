import { writeWhole } from '../write-whole.ts';

/** A question of a file of answers. */
export interface AnswersTask {
  name: string;
  kind: 'single-label' | 'multi-label';
  /** In the order of the probabilities. */
  labels: readonly string[];
}

/** First line of a file of answers. */
export interface AnswersHeader {
  kind: 'answers';
  version: 1;
  /** Part of the run's data, such as test; absent: some labelled file. */
  split?: string;
  /** Tasks are levels, the coarse one first. */
  hierarchy?: boolean;
  tasks: readonly AnswersTask[];
}

/** What was answered to one text in one task. */
export interface AnsweredTask {
  /** Right labels; absent where they are not known. */
  labels?: readonly string[];
  /** Given labels, the most probable first; none in a single-label task where the model abstains. */
  answer: readonly string[];
  /** [labels of the task] 0..1 */
  probabilities?: ArrayLike<number>;
}

export interface AnsweredText {
  text: string;
  /** Second text of a sentence pair. */
  pair?: string;
  source?: string;
  /** 1-based line of the text's file. */
  line?: number;
  /** By task of the header. */
  tasks: readonly AnsweredTask[];
}

/** Six decimals: enough to rank and to plot, and most of many labels are a plain 0. */
const rounded = (p: number): number => Number(p.toFixed(6));

const told = ({ labels, answer, probabilities }: AnsweredTask) => ({
  labels,
  answer,
  ...(probabilities && { probabilities: Array.from(probabilities, rounded) }),
});

/**
 * One text as a line of JSON: of a single task its answer stands beside the text, of several they are a list.
 * @param tasks of the file
 * @param more what else the line tells
 */
export const answerLine = (
  { text, pair, source, line, tasks: own }: AnsweredText,
  tasks: readonly Pick<AnswersTask, 'name'>[],
  more: object = {},
): string => {
  const answers =
    tasks.length === 1
      ? told(own[0]!)
      : { tasks: tasks.map(({ name }, task) => ({ task: name, ...told(own[task]!) })) };
  return `${JSON.stringify({ line, source, ...more, text, pair, ...answers })}\n`;
};

function* linesOf(header: AnswersHeader, texts: Iterable<AnsweredText>): Generator<string> {
  yield `${JSON.stringify(header)}\n`;
  for (const text of texts) yield answerLine(text, header.tasks);
}

/**
 * Writes a file of answers (JSON lines: the header, then a line a text), which `readAnswers` reads; texts are taken as they come.
 * @throws TaxonError as `writeWhole`
 */
export const writeAnswers = (
  path: string,
  header: Omit<AnswersHeader, 'kind' | 'version'>,
  texts: Iterable<AnsweredText>,
  signal?: AbortSignal,
): Promise<void> => writeWhole(path, linesOf({ kind: 'answers', version: 1, ...header }, texts), signal);
