import type { ClassMetrics } from '../../metrics.ts';
import { count, percent } from '../figures.ts';
import { html, type Html } from '../html.ts';
import { bar, cell, chart, note, section, table, type Cell, type Column, type Place, type Section } from '../layout.ts';
import type { LabelGroup } from '../run-report.ts';
import { leadingScores, type TaskReport } from '../task-report.ts';

/** Worst first, then the label with more texts; labels that never occur come last. */
const worstFirst = (perLabel: readonly ClassMetrics[]): ClassMetrics[] => {
  const occurs = ({ support, f1 }: ClassMetrics): number => Number(support > 0 || f1 > 0);
  return perLabel.toSorted((a, b) => occurs(b) - occurs(a) || a.f1 - b.f1 || b.support - a.support);
};

/** By label, the answer that it is taken for most. */
const takenFor = (task: TaskReport): Map<string, string> => {
  const best = new Map<string, { label: string; count: number }>();
  if (task.kind === 'single-label')
    for (const { expected, predicted, count: texts } of task.confusion?.cells ?? []) {
      const [label, answer] = [task.confusion!.labels[expected]!, task.confusion!.labels[predicted]!];
      if (label !== answer && texts > (best.get(label)?.count ?? 0)) best.set(label, { label: answer, count: texts });
    }
  return new Map([...best].map(([label, { label: answer, count: texts }]) => [label, `${answer} (${count(texts)})`]));
};

/** By label, the texts that were given it wrongly. */
const falsePositives = (task: TaskReport): Map<string, number> => {
  const wrong = new Map<string, number>();
  const add = (label: string, texts: number) => wrong.set(label, (wrong.get(label) ?? 0) + texts);
  if (task.kind === 'single-label' && task.confusion !== undefined)
    for (const { expected, predicted, count: texts } of task.confusion.cells) {
      if (expected !== predicted) add(task.confusion.labels[predicted]!, texts);
    }
  else for (const { extra } of task.mistakes) for (const label of extra) add(label, 1);
  return wrong;
};

interface ExtraColumn {
  column: Column;
  of: ReadonlyMap<string, Cell>;
}

/** Columns that only some tasks have. */
const extraColumns = (task: TaskReport, groups: readonly LabelGroup[] | undefined): ExtraColumn[] => {
  const found: ExtraColumn[] = [];
  const confused = takenFor(task);
  if (confused.size > 0)
    found.push({ column: { title: 'taken most for', what: 'with the number of texts', fixed: true }, of: confused });
  const precisions = new Map(
    task.ranking?.perLabel.map(({ label, averagePrecision }): [string, string] => [
      label,
      averagePrecision === null ? '–' : percent(averagePrecision),
    ]),
  );
  if (task.kind === 'multi-label' && precisions.size > 0)
    found.push({
      column: { title: 'AP', number: true, what: 'average precision: area under the precision-recall curve' },
      of: precisions,
    });
  if (task.kind === 'multi-label' && task.thresholds !== undefined)
    found.push({
      column: { title: 'threshold', number: true, what: 'probability from which on the label is given' },
      of: new Map(task.thresholds.perLabel.map(({ label, probability }) => [label, probability.toFixed(3)])),
    });
  const groupOf = new Map(
    groups?.flatMap(({ name, labels }) => labels.map((label): [string, string] => [label, name])),
  );
  if (leadingScores(task)?.perLabel.some(({ label }) => groupOf.has(label)))
    found.push({ column: { title: 'group', filter: true }, of: groupOf });
  return found;
};

/** Every label: how well it is found, in a table to sort and search, and against its number of texts. */
export const classesSection = (
  task: TaskReport,
  { prefix }: Place,
  scatter: string | undefined,
  groups?: readonly LabelGroup[],
): Section[] => {
  const lead = leadingScores(task);
  if (lead === undefined || lead.perLabel.length === 0) return [];
  const extra = extraColumns(task, groups);
  const columns: Column[] = [
    { title: 'label' },
    { title: 'texts', number: true, width: '5.5em' },
    {
      title: 'precision',
      number: true,
      width: '6.5em',
      what: 'of the texts given this label, the share that carries it',
    },
    {
      title: 'recall',
      number: true,
      width: '6em',
      what: 'of the texts that carry the label, the share that was given it',
    },
    { title: 'F1', number: true, width: '5.5em' },
    { title: '', width: '12%', fixed: true },
    {
      title: 'missed',
      number: true,
      width: '5.5em',
      what: 'false negatives: texts that carry the label and were not given it',
    },
    {
      title: 'wrongly given',
      number: true,
      width: '7.5em',
      what: 'false positives: texts that were given the label and do not carry it',
    },
    ...extra.map(({ column }) => column),
  ];
  const wrong = falsePositives(task);
  const row = ({ label, precision, recall, f1, support }: ClassMetrics): Cell[] => [
    label,
    support,
    ...[precision, recall, f1].map((share) => percent(share)),
    cell(bar(f1)),
    Math.round(support * (1 - recall)),
    wrong.get(label) ?? 0,
    ...extra.map(({ of }) => of.get(label) ?? ''),
  ];
  const rows = worstFirst(lead.perLabel).map(row);
  const content: Html = html`${note(
    `On the ${lead.split} part, worst first. Precision: of the texts given this label, the share that carries it. Recall: of the texts that carry it, the share that was found.`,
  )}
  ${scatter !== undefined && chart(scatter, `${prefix}support`)}
  ${table(columns, rows, { id: `${prefix}classes-table`, label: 'labels', ...(rows.length > 8 && { search: 'find a label' }) })}`;
  return section(`${prefix}classes`, 'Labels', content);
};
