import type { MistakeRow } from '../../error-analysis/mistake-rows.ts';
import { count, percent } from '../figures.ts';
import { html, type Html } from '../html.ts';
import { cut, note, section, table, type Column, type Place, type Section } from '../layout.ts';
import type { TaskReport } from '../task-report.ts';

/** Rows of the page; all are in the file beside it. */
export const mostMistakes = 400;

export const labelChip = (label: string, kind: string, probability: number | undefined): Html =>
  html`<span class="chip ${kind}"
    ><span data-l>${label}</span>${
      probability === undefined ? undefined : html` <small>${percent(probability, 0)}</small>`
    }</span
  >`;

export const textOf = ({ text, pair }: { text: string; pair?: string }): Html =>
  html`<td class="text">
    ${cut(text)}${
      pair !== undefined &&
      html`<hr />
        ${cut(pair)}`
    }
  </td>`;

/** File of all mistakes of a task, beside the page. */
export const mistakesFile = (task: number): string => (task === 0 ? 'mistakes.csv' : `mistakes-${task + 1}.csv`);

export const surestFirst = (mistakes: readonly MistakeRow[]): MistakeRow[] =>
  mistakes.toSorted((a, b) => b.confidence - a.confidence);

/** The mistakes of which the model is surest: often they are wrong labels. */
export const mistakesSection = (task: TaskReport, { prefix }: Place, file: string): Section[] => {
  const { mistakes } = task;
  if (mistakes.length === 0) return [];
  const surest = surestFirst(mistakes).slice(0, mostMistakes);
  const some = (key: 'source' | 'line'): boolean => surest.some((row) => row[key] !== undefined);
  const columns: Column[] = [
    { title: 'text', width: '42%' },
    { title: 'expected', filter: true },
    { title: 'answered', filter: true },
    { title: 'surety', number: true, width: '5.5em', what: 'how sure the model was of its worst decision' },
    ...(some('source') ? [{ title: 'source', filter: true, width: '7em' }] : []),
    ...(some('line') ? [{ title: 'line', number: true, width: '4.5em' }] : []),
  ];
  const row = (one: MistakeRow) => {
    const probabilities = new Map(one.scores.map(({ label, probability }) => [label, probability]));
    const chips = (labels: readonly string[], wrong: readonly string[], kind: string, none: string): Html =>
      html`<td>
        ${
          labels.length === 0
            ? html`<span class="soft">${none}</span>`
            : labels.map((label) => labelChip(label, wrong.includes(label) ? kind : '', probabilities.get(label)))
        }
      </td>`;
    return [
      textOf(one),
      chips(one.expected, one.missed, 'missed', '(none)'),
      chips(one.predicted, one.extra, 'extra', '(none)'),
      percent(one.confidence),
      ...(some('source') ? [one.source ?? ''] : []),
      ...(some('line') ? [html`<td class="n soft">${one.line ?? ''}</td>`] : []),
    ];
  };
  const which =
    mistakes.length > surest.length
      ? `The ${count(surest.length)} of ${count(mistakes.length)} wrong answers of which the model was surest; all are in`
      : `All ${count(mistakes.length)} wrong answers, the surest first, as a file:`;
  const content = html`${note(
    html`${which} <a href="${file}" download>${file}</a>. Look here first for wrong labels in the data.`,
  )}
  ${table(columns, surest.map(row), {
    id: `${prefix}mistakes-table`,
    label: 'wrong answers',
    search: 'find in texts',
    tall: surest.length > 8,
  })}`;
  return section(`${prefix}mistakes`, 'Wrong answers', content);
};
