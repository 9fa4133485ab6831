import { invalidInput } from '@taxon/errors';
import type { Answers } from '../answers/answers.ts';
import {
  compareMultiLabelRuns,
  compareSingleLabelRuns,
  type CompareOptions,
  type RunComparison,
} from '../significance/compare-runs.ts';
import { changedLabels, type ChangedLabel } from './changed-labels.ts';
import { flippedTexts, isRight, type FlippedText } from './flipped-texts.ts';
import { matchTasks, matchTexts, type ComparisonNote } from './match-answers.ts';
import { pairDecisions, type PairedTask } from './pair-decisions.ts';

export interface ComparedTask {
  name: string;
  kind: PairedTask['kind'];
  comparison: RunComparison;
  /** Texts that both answer fully right, and that neither does. */
  both: number;
  neither: number;
  labels: ChangedLabel[];
  flips: FlippedText[];
}

/** Two runs on the same texts. */
export interface AnswersComparison {
  /** Texts that both answer. */
  n: number;
  notes: ComparisonNote[];
  tasks: ComparedTask[];
  /** Of several tasks: on the texts of which all labels are known, whether all answers are right. */
  all?: RunComparison;
}

const compareTask = ({ kind, labels, texts }: PairedTask, options: CompareOptions): RunComparison => {
  if (kind === 'single-label') {
    const only = (of: 'expected' | 'a' | 'b'): Int32Array => Int32Array.from(texts, (text) => text[of][0]!);
    return compareSingleLabelRuns(only('expected'), only('a'), only('b'), labels, options);
  }
  const matrix = (of: 'expected' | 'a' | 'b'): Uint8Array => {
    const into = new Uint8Array(texts.length * labels.length);
    texts.forEach((text, i) => text[of].forEach((label) => (into[i * labels.length + label] = 1)));
    return into;
  };
  return compareMultiLabelRuns({ labels, expected: matrix('expected') }, matrix('a'), matrix('b'), options);
};

/** A text is right where it is in every task. */
const compareAll = (tasks: readonly PairedTask[], options: CompareOptions): RunComparison | undefined => {
  const rights = new Map<PairedTask['texts'][number]['text'], { known: number; a: boolean; b: boolean }>();
  for (const { texts } of tasks)
    for (const { text, expected, a, b } of texts) {
      const before = rights.get(text) ?? { known: 0, a: true, b: true };
      const now = { a: before.a && isRight(expected, a), b: before.b && isRight(expected, b) };
      rights.set(text, { known: before.known + 1, ...now });
    }
  const whole = [...rights.values()].filter(({ known }) => known === tasks.length);
  if (tasks.length < 2 || whole.length === 0) return undefined;
  const answers = (of: 'a' | 'b'): Int32Array => Int32Array.from(whole, (right) => Number(right[of]));
  const expected = new Int32Array(whole.length).fill(1);
  const { figures, ...about } = compareSingleLabelRuns(
    expected,
    answers('a'),
    answers('b'),
    ['wrong', 'right'],
    options,
  );
  return { ...about, figures: { allTasksRight: figures.accuracy } };
};

/**
 * Compares what two runs answer to the same texts, task by task: paired tests of every figure, the labels that changed, the texts
 * that only one of them answers right. Texts, tasks and labels that only one has are left out or count as errors, and `notes` say so.
 * @throws TaxonError `invalid_input` where there is nothing that both answer
 */
export const compareAnswers = (a: Answers, b: Answers, options: CompareOptions = {}): AnswersComparison => {
  const notes: ComparisonNote[] = [];
  const note = (one: ComparisonNote): void => void notes.push(one);
  const shared = matchTasks(a, b, note);
  const matched = matchTexts(a, b, note);
  const paired = shared.map((task) => pairDecisions(a, b, task, matched, note));
  const known = paired.filter(({ name, texts }) => {
    if (texts.length === 0)
      note({
        level: 'warning',
        message: `'${name}' is left out: of no shared text is a right label known that both agree on`,
      });
    return texts.length > 0;
  });
  if (known.length === 0)
    throw invalidInput(
      `nothing is left to compare: ${notes.map(({ message }) => message).join('; ')}`,
      'Evaluate both on one labelled file: --data FILE.',
    );
  const tasks = known.map((task): ComparedTask => {
    const comparison = compareTask(task, options);
    const both = task.texts.filter(({ expected, a, b }) => isRight(expected, a) && isRight(expected, b)).length;
    const neither = task.texts.length - both - comparison.onlyA - comparison.onlyB;
    const { name, kind } = task;
    return { name, kind, comparison, both, neither, labels: changedLabels(task), flips: flippedTexts(task) };
  });
  const all = compareAll(known, options);
  return { n: matched.length, notes, tasks, ...(all && { all }) };
};
