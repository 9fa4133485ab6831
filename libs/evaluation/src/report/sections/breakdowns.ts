import type { CrossSourceTable } from '../../cross-source.ts';
import type { SliceTable } from '../../slices.ts';
import { count, figure, figureName } from '../figures.ts';
import { heatMap, type HeatCell } from '../heat-map.ts';
import { html, type Html } from '../html.ts';
import { bar, cell, note, section, table, type Place, type Section } from '../layout.ts';
import type { TaskReport } from '../task-report.ts';

/** Figures worth a column, in this order. */
const leading = ['accuracy', 'exactMatch', 'macroF1', 'microF1', 'weightedF1', 'noWrongExtra', 'oneExtraNoneMissing'];

const orderOf = (name: string): number => (leading.includes(name) ? leading.indexOf(name) : leading.length);
/** Maps of a cross-source table. */
const mostMaps = 4;
const mostFigures = 3;

/** Shares of wrong answers: the best map cell is the lowest. */
const lowIsGood = new Set(['hammingLoss', 'loss', 'risk']);

const sliceTable = ({ by, slices }: SliceTable): Html => {
  const names = [...new Set(slices.flatMap(({ metrics }) => Object.keys(metrics)))]
    .filter((name) => name !== 'n')
    .sort((a, b) => orderOf(a) - orderOf(b))
    .slice(0, mostFigures);
  const first = names[0];
  const columns = [
    { title: by },
    { title: 'texts', number: true },
    ...(first === undefined
      ? []
      : [
          { title: figureName(first), number: true },
          { title: '', width: '26%', fixed: true },
        ]),
    ...names.slice(1).map((name) => ({ title: figureName(name), number: true })),
  ];
  const rows = slices.map(({ name, n, metrics }) => {
    const shown = (key: string): string => (metrics[key] === undefined ? '–' : figure(key, metrics[key]));
    return [
      name,
      n,
      ...(first === undefined ? [] : [shown(first), cell(bar(metrics[first] ?? 0))]),
      ...names.slice(1).map(shown),
    ];
  });
  return html`<div>
    <h3>By ${by}</h3>
    ${table(columns, rows, { label: `scores by ${by}` })}
  </div>`;
};

/** Scores of groups of texts. */
export const slicesSection = ({ slices }: TaskReport, { prefix }: Place): Section[] => {
  const shown = slices?.filter((one) => one.slices.length > 0) ?? [];
  if (shown.length === 0) return [];
  return section(`${prefix}slices`, 'Slices', html`<div class="columns">${shown.map(sliceTable)}</div>`);
};

const sourceMap = ({ trainSources, validationSources, cells }: CrossSourceTable, name: string): Html => {
  const values = cells.flat().flatMap((one) => one?.metrics[name] ?? []);
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const goodness = (value: number): number => (lowIsGood.has(name) ? high - value : value - low) / (high - low);
  const shown = cells.flatMap((row, r) =>
    row.flatMap((one, c): HeatCell[] => {
      const value = one?.metrics[name];
      if (value === undefined) return [];
      const texts = one!.n === null ? '' : ` on ${count(one!.n)} texts`;
      return [
        {
          row: r,
          column: c,
          text: figure(name, value),
          // From pale for the worst to full for the best: the range within the table is what is compared.
          share: high > low ? 0.04 + 0.8 * goodness(value) ** 2 : 0.4,
          right: true,
          what: `trained on ${trainSources[r]!}, scored on ${validationSources[c]!}: ${figureName(name)} ${figure(name, value)}${texts}`,
        },
      ];
    }),
  );
  const label = `${figureName(name)} by source`;
  return html`<div>
    <h3>${figureName(name)}</h3>
    ${heatMap(trainSources, validationSources, shown, { rowTitle: 'trained on', columnTitle: 'scored on', label })}
  </div>`;
};

/** Training sources × scored sources, one map a figure. */
export const crossSourceSection = (sources: CrossSourceTable | undefined, { prefix }: Place): Section[] => {
  if (sources === undefined || sources.cells.flat().every((one) => one === null)) return [];
  const names = sources.metrics
    .filter((name) => name !== 'n')
    .toSorted((a, b) => orderOf(a) - orderOf(b))
    .slice(0, mostMaps);
  const content = html`${note('Each row is a model trained on one source, each column the source that it was scored on.')}
    <div class="columns">${names.map((name) => sourceMap(sources, name))}</div>`;
  return section(`${prefix}sources`, 'From source to source', content);
};
