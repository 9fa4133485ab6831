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
  const groupOf = new Map(groups?.flatMap(({ name, labels }) => labels.map((label): [string, string] => [label, name])));
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
    { title: 'precision', number: true, width: '6.5em', what: 'of the texts given this label, the share that carries it' },
    { title: 'recall', number: true, width: '6em', what: 'of the texts that carry the label, the share that was given it' },
    { title: 'F1', number: true, width: '5.5em' },
    { title: '', width: '14%', fixed: true },
    ...extra.map(({ column }) => column),
  ];
  const rows = worstFirst(lead.perLabel).map(({ label, precision, recall, f1, support }): Cell[] => [
    label,
    support,
    percent(precision),
    percent(recall),
    percent(f1),
    cell(bar(f1)),
    ...extra.map(({ of }) => of.get(label) ?? ''),
  ]);
  const content: Html = html`${note(
      `On the ${lead.split} part, worst first. Precision: of the texts given this label, the share that carries it. Recall: of the texts that carry it, the share that was found.`,
    )}
    ${scatter !== undefined && chart(scatter, `${prefix}support`)}
    ${table(columns, rows, { id: `${prefix}classes-table`, label: 'labels', ...(rows.length > 8 && { search: 'find a label' }) })}`;
  return section(`${prefix}classes`, 'Labels', content);
};
