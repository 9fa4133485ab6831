import type { Decision } from '../../answers/answers.ts';
import type { ComparedTask } from '../../comparison/compare-answers.ts';
import type { FlippedText } from '../../comparison/flipped-texts.ts';
import { count, percent } from '../figures.ts';
import { html, type Html } from '../html.ts';
import { note, section, table, type Place, type Section } from '../layout.ts';
import { labelChip, textOf } from './mistakes.ts';

/** Rows of the page; all are in the CSV file. */
export const mostFlips = 400;

const points = (difference: number): string => `${difference > 0 ? '+' : ''}${(100 * difference).toFixed(1)}`;

/** Every label about which the runs differ. */
export const changedLabelsSection = ({ labels }: ComparedTask, { prefix }: Place): Section[] => {
  if (labels.length === 0) return [];
  const rows = labels.map(({ label, support, f1A, f1B, gained, lost }) => [
    label,
    support,
    percent(f1A),
    percent(f1B),
    points(f1B - f1A),
    gained,
    lost,
  ]);
  const columns = [
    { title: 'label' },
    { title: 'texts', number: true },
    { title: 'F1 of A', number: true },
    { title: 'F1 of B', number: true },
    { title: 'difference', number: true, what: 'in points' },
    { title: 'mended', number: true, what: 'texts where B alone is right about this label' },
    { title: 'spoiled', number: true, what: 'texts where A alone is right about this label' },
  ];
  const content = html`${note('Labels come first that change weighted F1 the most. Of a label with few texts such a change may be chance.')}
  ${table(columns, rows, { id: `${prefix}labels-table`, label: 'labels that changed', ...(rows.length > 12 && { search: 'find a label' }) })}`;
  return section(`${prefix}labels`, 'Labels that changed', content);
};

const answerOf = ({ expected }: FlippedText, { given, scores, abstained }: Omit<Decision, 'expected'>): Html =>
  html`<td>
    ${given.length === 0 ? html`<span class="soft">(none)</span>` : given.map((label, i) => labelChip(label, expected.includes(label) ? 'good' : 'extra', scores?.[i]))}${
      abstained && html`<span class="soft small">left unanswered</span>`
    }
  </td>`;

/** The texts that one run answers right and the other does not. */
export const flipsSection = ({ flips, comparison }: ComparedTask, { prefix }: Place): Section[] => {
  if (flips.length === 0) return [];
  // Both kinds are shown where there are too many of them.
  const half = Math.max(mostFlips / 2, mostFlips - Math.min(comparison.onlyA, comparison.onlyB));
  const shown = (['lost', 'gained'] as const).flatMap((kind) =>
    flips.filter(({ change }) => change === kind).slice(0, half),
  );
  const some = (key: 'source' | 'line'): boolean => shown.some((row) => row[key] !== undefined);
  const columns = [
    { title: 'text', width: '38%' },
    { title: 'change', filter: true },
    { title: 'expected', filter: true },
    { title: 'A', filter: true },
    { title: 'B', filter: true },
    ...(some('source') ? [{ title: 'source', filter: true, width: '7em' }] : []),
    ...(some('line') ? [{ title: 'line', number: true, width: '4.5em' }] : []),
  ];
  const rows = shown.map((flip) => [
    textOf(flip),
    flip.change === 'gained' ? 'mended' : 'spoiled',
    html`<td>
      ${flip.expected.length === 0 ? html`<span class="soft">(none)</span>` : flip.expected.map((label) => labelChip(label, '', undefined))}
    </td>`,
    answerOf(flip, flip.a),
    answerOf(flip, flip.b),
    ...(some('source') ? [flip.source ?? ''] : []),
    ...(some('line') ? [html`<td class="n soft">${flip.line ?? ''}</td>`] : []),
  ]);
  const which = shown.length < flips.length ? `${count(shown.length)} of ${count(flips.length)} texts` : 'All texts';
  const content = html`${note(`${which} that only one run answers right: spoiled, where A alone is right, then mended, where B alone is; each with the surest wrong answers first.`)}
  ${table(columns, rows, { id: `${prefix}flips-table`, label: 'texts that changed', search: 'find in texts', tall: rows.length > 8 })}`;
  return section(`${prefix}flips`, 'Texts that changed', content);
};
