import { count, percent } from '../figures.ts';
import { html, type Html } from '../html.ts';
import { cell, cut, details, note, section, table, type Place, type Section } from '../layout.ts';
import type { DuplicateText, NearDuplicates } from '../report-extras.ts';
import type { MultiLabelTaskReport, SingleLabelTaskReport, TaskReport } from '../task-report.ts';

const mostSuspects = 200;
const mostDuplicates = 100;

const textColumn = { title: 'text', width: '48%' };
const lineColumn = { title: 'line', number: true, width: '4.5em' };

const suspectsOf = ({ labelErrors }: SingleLabelTaskReport, id: string): Html | undefined => {
  if (labelErrors === undefined) return undefined;
  const { n, noise, suspects, confusions } = labelErrors;
  const rows = suspects
    .slice(0, mostSuspects)
    .map(({ text, given, suggested, selfConfidence, line }) => [
      cell(html`${cut(text)}`, 'text'),
      cell(html`<span class="chip missed"><span data-l>${given}</span></span>`),
      cell(html`<span class="chip good"><span data-l>${suggested}</span></span>`),
      percent(selfConfidence),
      String(line ?? ''),
    ]);
  const columns = [
    textColumn,
    { title: 'given label', filter: true },
    { title: 'likely label', filter: true },
    {
      title: 'belief in the given',
      number: true,
      width: '7em',
      what: 'probability of the given label: the lower, the likelier an error',
    },
    lineColumn,
  ];
  const pairs = confusions
    .slice(0, 30)
    .map(({ given, likely, count: texts, share }) => [given, likely, texts, percent(share, 2)]);
  return html`<p>
      About <b>${percent(noise)}</b> of ${count(n)} texts may carry a wrong label (confident learning on answers of
      models that had not seen the text); ${count(suspects.length)} candidates,
      ${suspects.length > mostSuspects ? `the likeliest ${mostSuspects} here` : 'the likeliest first'}.
    </p>
    ${table(columns, rows, { id, label: 'likely label errors', search: 'find in texts', tall: rows.length > 8 })}
    ${
      pairs.length > 0 &&
      details(
        'labels that are given in place of others',
        table(
          [
            { title: 'given' },
            { title: 'likely' },
            { title: 'texts', number: true },
            { title: 'of all texts', number: true },
          ],
          pairs,
          { label: 'labels given in place of others' },
        ),
      )
    }`;
};

const decisionsOf = ({ labelErrors }: MultiLabelTaskReport, id: string): Html | undefined => {
  if (labelErrors === undefined) return undefined;
  const { n, texts, suspects } = labelErrors;
  const rows = suspects
    .slice(0, mostSuspects)
    .map(({ text, label, kind, selfConfidence, line }) => [
      cell(html`${cut(text)}`, 'text'),
      cell(html`<span class="chip ${kind === 'extra' ? 'extra' : 'good'}"><span data-l>${label}</span></span>`),
      kind === 'extra' ? 'likely wrong' : 'likely missing',
      percent(selfConfidence),
      String(line ?? ''),
    ]);
  const columns = [
    textColumn,
    { title: 'label', filter: true },
    { title: 'verdict', filter: true },
    { title: 'belief in the given', number: true, width: '7em' },
    lineColumn,
  ];
  return html`<p>
      ${count(texts)} of ${count(n)} texts have a label that is likely wrong or missing; ${count(suspects.length)}
      decisions in all${suspects.length > mostSuspects ? `, the likeliest ${mostSuspects} here` : ''}.
    </p>
    ${table(columns, rows, { id, label: 'likely label errors', search: 'find in texts', tall: rows.length > 8 })}`;
};

/** Texts whose given labels are likely wrong. */
export const labelErrorsSection = (task: TaskReport, { prefix }: Place): Section[] => {
  const id = `${prefix}label-errors-table`;
  const content = task.kind === 'single-label' ? suspectsOf(task, id) : decisionsOf(task, id);
  return section(`${prefix}label-errors`, 'Likely label errors', content);
};

const duplicate = ({ text, part, labels, line }: DuplicateText): Html =>
  html`<td class="text">${cut(text)}<br /><span class="soft small">${part}${line === undefined ? '' : `, line ${line}`}${labels === undefined ? '' : ` · ${labels.join(', ')}`}</span></td>`; // prettier-ignore

/** Texts that are nearly the same in two parts. */
export const duplicatesSection = (duplicates: NearDuplicates | undefined): Section[] => {
  if (duplicates === undefined) return [];
  const { threshold, found, pairs } = duplicates;
  const shown = pairs.toSorted((a, b) => b.similarity - a.similarity).slice(0, mostDuplicates);
  const rows = shown.map(({ similarity, a, b }) => [percent(similarity, 0), duplicate(a), duplicate(b)]);
  const columns = [{ title: 'alike', number: true, width: '5em' }, { title: 'text' }, { title: 'nearly the same' }];
  const content = html`<p>
      ${found === 0 ? 'No texts of different parts' : `${count(found)} pairs of texts of different parts`} are alike by
      ${percent(threshold, 0)} or more${found > shown.length ? `; the ${count(shown.length)} most alike are here` : ''}.
    </p>
    ${rows.length > 0 && table(columns, rows, { id: 'duplicates-table', label: 'nearly the same texts', search: 'find in texts' })}
    ${found > 0 && note('Scores on such texts flatter a model that has the training texts by heart.')}`;
  return section('duplicates', 'Near-duplicates', content);
};
