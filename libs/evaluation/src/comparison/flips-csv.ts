import type { Decision } from '../answers/answers.ts';
import { csv } from '../report/csv.ts';
import type { AnswersComparison } from './compare-answers.ts';

const surety = ({ scores = [] }: Pick<Decision, 'scores'>): string => scores.map((p) => p.toFixed(4)).join(' | ');

/**
 * Every text that only one run answers right, as CSV that is safe to open in a spreadsheet; several labels of a cell are parted by
 * ` | `. It starts with a byte order mark, without which spreadsheets read other letters than ASCII wrongly.
 */
export const flipsCsv = ({ tasks }: Pick<AnswersComparison, 'tasks'>): string =>
  `\uFEFF${csv(
    ['task', 'change', 'line', 'source', 'expected', 'a', 'a_probability', 'b', 'b_probability', 'text', 'pair'],
    tasks.flatMap(({ name, flips }) =>
      flips.map(({ change, line, source, expected, a, b, text, pair }) => [
        ...[name, change, line ?? '', source ?? '', expected.join(' | ')],
        ...[a.given.join(' | '), surety(a), b.given.join(' | '), surety(b), text, pair ?? ''],
      ]),
    ),
    true,
  )}`;
