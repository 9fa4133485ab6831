import type { ClassMetrics } from '../../metrics.ts';
import { count, figureName, percent } from '../figures.ts';
import { html, type Html } from '../html.ts';
import { bar, between, cell, note, rangeMark, section, table, tile, type Section } from '../layout.ts';
import type { LabelGroup, RunReport } from '../run-report.ts';
import { leadingScores } from '../task-report.ts';

const pathFigures = ['pathAccuracy', 'hierarchicalF1', 'consistency'] as const;
const meanings = {
  pathAccuracy: 'right at every level',
  hierarchicalF1: 'labels with their ancestors',
  consistency: 'answers that lie below the answer above',
} as const;

/** Figures by level and by path. */
export const hierarchySection = ({ hierarchy }: RunReport): Section[] => {
  const split = (['test', 'validation', 'out-of-fold'] as const).find((part) => hierarchy?.final[part] !== undefined);
  if (hierarchy === undefined || split === undefined) return [];
  const metrics = hierarchy.final[split]!;
  const intervals = hierarchy.intervals?.[split]?.figures as
    Record<string, { lower: number; upper: number } | undefined> | undefined;
  const tiles = pathFigures.map((name) => {
    const range = intervals?.[name];
    const value = metrics[name];
    const below = html`${range === undefined ? '' : html`<em>${between(range.lower, range.upper)}</em><br />`}${meanings[name]}`;
    const mark = range && rangeMark(value, range.lower, range.upper, [Math.min(0.8, value - 0.1), 1]);
    return tile(figureName(name), percent(value), below, mark);
  });
  const given = new Map(metrics.accuracyGivenParents.map((level) => [level.name, level]));
  const rows = metrics.levels.map(({ name, metrics: level }) => [
    name,
    level.perClass.length,
    percent(level.accuracy),
    percent(level.macroF1),
    percent(level.weightedF1),
    given.has(name) ? `${percent(given.get(name)!.accuracy)} of ${count(given.get(name)!.n)}` : '',
    cell(bar(level.accuracy)),
  ]);
  const columns = [
    { title: 'level' },
    { title: 'labels', number: true },
    { title: 'accuracy', number: true },
    { title: 'macro F1', number: true },
    { title: 'weighted F1', number: true },
    { title: 'where all above is right', number: true },
    { title: '', width: '20%' },
  ];
  const content = html`<div class="tiles">${tiles}</div>
    ${note(`On ${count(metrics.n)} ${split} texts${hierarchy.decoding === undefined ? '' : `; answers found ${hierarchy.decoding}`}.`)}
    ${table(columns, rows, { label: 'levels', sort: false })}`;
  return section('hierarchy', 'Levels and paths', content);
};

const level = (f1: number): string => (f1 < 0.6 ? 'low' : f1 < 0.85 ? 'mid' : 'high');

const square = (label: string, scores: ClassMetrics | undefined): Html => {
  const what = scores === undefined ? label : `${label}: F1 ${percent(scores.f1)} on ${count(scores.support)} texts`;
  return html`<i class="${scores === undefined ? '' : level(scores.f1)}" data-tip="${what}" title="${what}"></i>`;
};

const groupRow = ({ name, labels }: LabelGroup, scores: ReadonlyMap<string, ClassMetrics>) => {
  const known = labels.flatMap((label) => scores.get(label) ?? []).filter(({ support }) => support > 0);
  const worst = known.toSorted((a, b) => a.f1 - b.f1)[0];
  const mean = known.reduce((sum, { f1 }) => sum + f1, 0) / Math.max(1, known.length);
  const own = scores.get(name);
  return [
    name,
    labels.length,
    own === undefined ? '–' : percent(own.f1),
    known.length === 0 ? '–' : percent(mean),
    cell(html`<span class="squares">${labels.map((label) => square(label, scores.get(label)))}</span>`),
    worst === undefined ? '' : `${worst.label} (${percent(worst.f1, 0)})`,
  ];
};

/** Which labels belong together, and how well each group is told apart. */
export const groupsSection = ({ labelGroups, tasks }: RunReport): Section[] => {
  if (labelGroups === undefined || labelGroups.length === 0) return [];
  const scores = new Map(tasks.flatMap((task) => leadingScores(task)?.perLabel ?? []).map((one) => [one.label, one]));
  const columns = [
    { title: 'group' },
    { title: 'labels', number: true, width: '5em' },
    { title: 'F1', number: true, width: '5.5em', what: 'of the group itself, where it is answered' },
    { title: 'mean F1', number: true, width: '6.5em', what: 'of its labels' },
    { title: 'its labels', width: '34%', fixed: true },
    { title: 'weakest' },
  ];
  const search = labelGroups.length > 8 ? { search: 'find a group' } : {};
  const rows = labelGroups.map((group) => groupRow(group, scores));
  const content = html`${note('Each square is a label; its colour tells its F1: below 60 %, below 85 %, or above.')}
  ${table(columns, rows, { id: 'groups-table', label: 'groups of labels', ...search })}`;
  return section('groups', 'Groups of labels', content);
};
