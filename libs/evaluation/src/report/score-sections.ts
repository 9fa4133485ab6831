import { type ConfusionMatrix, mostConfused } from '../confusion-matrix.ts';
import { worstFirst } from '../format-metrics-table.ts';
import type { ClassMetrics, ClassificationMetrics } from '../metrics.ts';
import { bytes, count, duration, interval, percent } from './figures.ts';
import { html, raw, type Html } from './html.ts';
import { headlineScores, type Mistake, type RunReport } from './run-report.ts';

const tile = (label: string, value: string, below: string): Html =>
  html`<div class="tile"><span>${label}</span><b>${value}</b><span>${below}</span></div>`;

const otherPart = (report: RunReport, pick: (metrics: ClassificationMetrics) => number): string => {
  const lead = headlineScores(report)?.split;
  return lead === 'test' && report.final.validation ? `validation ${percent(pick(report.final.validation))}` : '';
};

/** The figures that a person looks for first. */
export const headline = (report: RunReport): Html => {
  const lead = headlineScores(report);
  const seconds = Object.values(report.timings).reduce((sum, stage) => sum + stage, 0);
  const cost = [
    tile('time, all stages', duration(seconds), `${count(report.history.at(-1)?.step ?? 0)} steps`),
    tile('peak memory', bytes(report.peakMemoryBytes), 'training process'),
  ];
  if (lead === undefined) return html`<div class="tiles">${cost}</div>`;
  const { metrics, split } = lead;
  const wrong = Math.round(metrics.n * (1 - metrics.accuracy));
  const [low, high] = interval(metrics.accuracy, metrics.n);
  return html`<div class="tiles">
      ${tile(`${split} accuracy`, percent(metrics.accuracy), `${count(wrong)} of ${count(metrics.n)} texts wrong`)}
      ${tile('macro F1', percent(metrics.macroF1), otherPart(report, ({ macroF1 }) => macroF1) || 'every class counts the same')}
      ${tile('weighted F1', percent(metrics.weightedF1), otherPart(report, ({ weightedF1 }) => weightedF1) || 'every text counts the same')}
      ${cost}
    </div>
    <p class="soft small">
      With ${count(metrics.n)} ${split} texts, the accuracy on texts like these lies between ${percent(low)} and
      ${percent(high)} (95 %
      interval)${report.final.validation && split === 'test' ? `; on validation it was ${percent(report.final.validation.accuracy)}` : ''}.
    </p>`;
};

const bar = (share: number): Html => {
  const level = share < 0.6 ? 'low' : share < 0.85 ? 'mid' : 'high';
  return html`<span class="bar"><i class="${level}" style="width:${(100 * share).toFixed(1)}%"></i></span>`;
};

const classRow = ({ label, precision, recall, f1, support }: ClassMetrics): Html =>
  html`<tr>
    <td>${label}</td>
    <td class="n">${percent(precision)}</td>
    <td class="n">${percent(recall)}</td>
    <td class="n">${percent(f1)}</td>
    <td>${bar(f1)}</td>
    <td class="n">${count(support)}</td>
  </tr>`;

const classTable = (rows: readonly ClassMetrics[]): Html =>
  html`<div class="scroll">
    <table>
      <thead>
        <tr>
          <th>class</th>
          <th class="n" title="how many of the texts answered with this class belong to it">precision</th>
          <th class="n" title="how many of the class's texts were answered with it">recall</th>
          <th class="n">F1</th>
          <th style="width:24%"></th>
          <th class="n">texts</th>
        </tr>
      </thead>
      <tbody>
        ${rows.map(classRow)}
      </tbody>
    </table>
  </div>`;

const openRows = 30;

/** Every class, worst first; perfect and long tails folded away. */
export const perClassSection = (report: RunReport): Html | undefined => {
  const lead = headlineScores(report);
  if (lead === undefined) return undefined;
  const rows = worstFirst(lead.metrics.perClass);
  const rest = rows.slice(openRows);
  return html`<h2 id="classes">Classes, worst first</h2>
    <p class="soft small">
      On the ${lead.split} part. Precision: of the texts answered with this class, the share that belongs to it. Recall:
      of the class’s texts, the share that was found.
    </p>
    ${classTable(rows.slice(0, openRows))}
    ${
      rest.length > 0 &&
      html`<details>
        <summary>${count(rest.length)} more classes, F1 from ${percent(rest[0]!.f1)} up</summary>
        ${classTable(rest)}
      </details>`
    }`;
};

const pairRow = ({ expected, predicted, count: texts, share }: ReturnType<typeof mostConfused>[number]): Html =>
  html`<tr>
    <td>${expected}</td>
    <td class="wrong">${predicted}</td>
    <td class="n">${count(texts)}</td>
    <td class="n">${percent(share, 0)}</td>
  </tr>`;

const pairTable = (pairs: ReturnType<typeof mostConfused>): Html =>
  html`<div class="scroll">
    <table>
      <thead>
        <tr>
          <th>expected</th>
          <th>answered</th>
          <th class="n">texts</th>
          <th class="n">of the class</th>
        </tr>
      </thead>
      <tbody>
        ${pairs.map(pairRow)}
      </tbody>
    </table>
  </div>`;

const mostPairs = 30;

/** Charts of the confusion matrix: `focus` shows the worst classes of a matrix that is too large to read. */
export interface ConfusionCharts {
  full: string;
  focus?: string;
}

const pairsBlock = (matrix: ConfusionMatrix, beside: boolean): Html => {
  const pairs = mostConfused(matrix, mostPairs);
  const half = Math.ceil(pairs.length / 2);
  const columns = !beside && pairs.length > 8 ? [pairs.slice(0, half), pairs.slice(half)] : [pairs];
  return html`<div class="grow">
    <h3>Mixed up most often</h3>
    ${pairs.length === 0 ? html`<p>Nothing: every answer was right.</p>` : html`<div class="columns">${columns.map(pairTable)}</div>`}
  </div>`;
};

/** The matrix as a picture, and the pairs that are mixed up most as a table. */
export const confusionSection = (matrix: ConfusionMatrix & { split: string }, charts: ConfusionCharts): Html => {
  const small = matrix.labels.length <= 20;
  const how = html`<p class="soft small">
    ${`Scored on the ${matrix.split} part.`} Each row is an expected class, each column an answer; the stronger the
    colour, the larger the share of the class. Hover over a cell for its figures.
  </p>`;
  const content =
    charts.focus === undefined
      ? html`<div class="${small ? 'beside' : ''}">
          <div class="chart">${raw(charts.full)}</div>
          ${pairsBlock(matrix, small)}
        </div>`
      : html`<h3>The classes with most mistakes</h3>
          <div class="chart">${raw(charts.focus)}</div>
          ${pairsBlock(matrix, false)}
          <details>
            <summary>the whole matrix, ${count(matrix.labels.length)} classes</summary>
            <div class="chart wide">${raw(charts.full)}</div>
          </details>`;
  return html`<h2 id="confusion">What is taken for what</h2>
    ${how} ${content}`;
};

const mostMistakes = 50;
const longestText = 400;

const mistakeRow = ({ text, expected, predicted, probability, line }: Mistake): Html =>
  html`<tr>
    <td class="text">${text.length > longestText ? `${text.slice(0, longestText)}…` : text}</td>
    <td>${expected}</td>
    <td class="wrong">${predicted}</td>
    <td class="n">${percent(probability)}</td>
    <td class="n soft">${line ?? ''}</td>
  </tr>`;

/** The mistakes of which the model is surest: often they are wrong labels. */
export const mistakesSection = (mistakes: readonly Mistake[]): Html | undefined => {
  if (mistakes.length === 0) return undefined;
  const surest = mistakes.toSorted((a, b) => b.probability - a.probability).slice(0, mostMistakes);
  return html`<h2 id="mistakes">Worst mistakes</h2>
    <p class="soft small">
      Wrong answers of which the model was
      surest${mistakes.length > surest.length ? `, ${surest.length} of ${count(mistakes.length)}` : ''}. Look here first
      for wrong labels in the data.
    </p>
    <div class="scroll">
      <table>
        <thead>
          <tr>
            <th>text</th>
            <th>expected</th>
            <th>answered</th>
            <th class="n">probability</th>
            <th class="n">line</th>
          </tr>
        </thead>
        <tbody>
          ${surest.map(mistakeRow)}
        </tbody>
      </table>
    </div>`;
};
