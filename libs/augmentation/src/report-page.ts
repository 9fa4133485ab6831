import { cell, count, cut, duration, html, note, notes, optionsTable, pageDocument, percent, section, table, tile, type Html } from '@taxon/evaluation/page'; // prettier-ignore
import type { AugmentOptions } from './options.ts';
import { dropReasons, type AugmentationExample, type AugmentationSummary, type DropReason } from './summary.ts';

const reasonNames: Readonly<Record<DropReason, string>> = {
  none: 'nothing could be made',
  repeat: 'repeats a text',
  drift: 'drifted too far',
  label: 'its label changed',
};

const labelsOf = ({ labels }: AugmentationExample): string => labels.flatMap((known) => known ?? []).join(', ');

const methodsTable = ({ methods }: AugmentationSummary): Html =>
  table(
    [
      { title: 'method' },
      { title: 'kept', number: true },
      ...dropReasons.map((reason) => ({ title: reasonNames[reason], number: true })),
      { title: 'kept of tries', number: true },
    ],
    methods.map(({ name, kept, dropped }) => {
      const tries = dropReasons.reduce((sum, reason) => sum + dropped[reason], kept);
      return [name, kept, ...dropReasons.map((reason) => dropped[reason]), tries === 0 ? '–' : percent(kept / tries)];
    }),
    { label: 'methods' },
  );

const diversityTable = ({ diversity }: AugmentationSummary): Html =>
  table(
    [
      { title: 'texts' },
      { title: 'how many', number: true },
      { title: 'distinct-1', number: true, what: 'different words over all words' },
      { title: 'distinct-2', number: true, what: 'different pairs of words over all pairs' },
    ],
    (
      [
        ['rows', 'the rows'],
        ['made', 'what was made'],
        ['both', 'both together'],
      ] as const
    ).map(([key, name]) => {
      const { texts, distinct1, distinct2 } = diversity[key];
      return [name, texts, percent(distinct1), percent(distinct2)];
    }),
    { label: 'diversity', sort: false },
  );

const labelsTable = ({ labels }: AugmentationSummary): Html =>
  table(
    [
      { title: 'label' },
      { title: 'rows', number: true },
      { title: 'made', number: true },
      { title: 'together', number: true },
    ],
    labels.map(({ label, rows, made }) => [label, rows, made, rows + made]),
    { label: 'labels', search: 'label' },
  );

const examplesTable = (examples: readonly (AugmentationExample & { method: string })[], dropped: boolean): Html => {
  const alike = examples.some(({ similarity }) => similarity !== undefined);
  return table(
    [
      { title: 'method', filter: true },
      ...(dropped ? [{ title: 'why', filter: true }] : []),
      { title: 'from' },
      { title: 'to' },
      ...(alike ? [{ title: 'cosine', number: true, what: 'of the two embeddings' }] : []),
      { title: 'label' },
      { title: 'row' },
    ],
    examples.map((example) => [
      example.method,
      ...(dropped ? [reasonNames[example.reason!] + (example.answer === undefined ? '' : `: ${example.answer}`)] : []),
      cell(html`${cut(example.from)}`, 'text'),
      cell(html`${cut(example.to)}`, 'text'),
      ...(alike ? [example.similarity?.toFixed(2) ?? '–'] : []),
      labelsOf(example),
      example.parent,
    ]),
    { label: dropped ? 'dropped' : 'kept', search: 'text' },
  );
};

/** What a report is of. */
export interface ReportSubject {
  /** Such as the file's. */
  name: string;
  /** ISO 8601. */
  createdAt: string;
  options: AugmentOptions;
}

/** What an augmentation did, as one page that loads nothing. */
export const augmentationPage = (summary: AugmentationSummary, { name, createdAt, options }: ReportSubject): string => {
  const { rows, parents, wanted, kept, methods, seconds } = summary;
  const kinds = (which: 'kept' | 'dropped') =>
    methods.flatMap((method) => method.examples[which].map((example) => ({ method: method.name, ...example })));
  const [shown, out] = [kinds('kept'), kinds('dropped')];
  const head = html`<header>
      <h1>Augmented texts</h1>
      <p>${name}</p>
      <p class="soft">${createdAt.slice(0, 16).replace('T', ' ')}${createdAt.endsWith('Z') ? ' UTC' : ''}</p>
    </header>
    <div class="tiles">
      ${tile('texts made', count(kept), `${count(wanted)} wanted, of ${count(parents)} of ${count(rows)} rows`)}
      ${tile('distinct-2', percent(summary.diversity.both.distinct2), `${percent(summary.diversity.rows.distinct2)} before`)}
      ${tile('took', duration(seconds), `${count(Math.round(rows / Math.max(seconds, 1e-3)))} rows/s`)}
    </div>
    ${notes(summary.notes)}`;
  return pageDocument({
    title: `${name} · Taxon augmentation`,
    head,
    chapters: [
      {
        sections: [
          ...section('methods', 'Methods', methodsTable(summary)),
          ...section(
            'diversity',
            'Diversity',
            html`${diversityTable(summary)}${note('More texts of the same words have lower shares, whatever their worth.')}`,
          ),
          ...section('labels', 'Labels', labelsTable(summary)),
          ...section('kept', 'Kept', shown.length === 0 ? undefined : examplesTable(shown, false)),
          ...section('dropped', 'Dropped', out.length === 0 ? undefined : examplesTable(out, true)),
          ...section('options', 'Options', optionsTable(options)),
        ],
      },
    ],
  });
};
