import { count, percent } from './figures.ts';
import { html, raw, type Html } from './html.ts';
import { dataSection, recipeSection, timingSection } from './run-sections.ts';
import type { RunReport } from './run-report.ts';
import {
  confusionSection,
  type ConfusionCharts,
  headline,
  mistakesSection,
  perClassSection,
} from './score-sections.ts';
import { style } from './style.ts';

/** SVG text of the charts; absent where there is nothing to draw. */
export interface ReportCharts {
  curves?: string;
  confusion?: ConfusionCharts;
}

/** Inline SVG needs no namespace, and ids of two charts must not meet. */
const inline = (svg: string, name: string): string =>
  svg
    .replace(/ xmlns(:\w+)?="[^"]*"/g, '')
    .replace(/ id="(\w+)"/g, ` id="${name}-$1"`)
    .replace(/url\(#(\w+)\)/g, `url(#${name}-$1)`);

const evaluationsTable = (evaluations: RunReport['evaluations']): Html =>
  html`<details>
    <summary>
      ${evaluations.length === 1 ? 'the evaluation' : `all ${count(evaluations.length)} evaluations`} in figures
    </summary>
    <div class="scroll">
      <table>
        <thead>
          <tr>
            <th>part</th>
            <th class="n">epoch</th>
            <th class="n">step</th>
            <th class="n">loss</th>
            <th class="n">accuracy</th>
            <th class="n">macro F1</th>
            <th class="n">weighted F1</th>
          </tr>
        </thead>
        <tbody>
          ${evaluations.map(
            ({ split, epoch, step, loss, metrics }) =>
              html`<tr>
                <td>${split}</td>
                <td class="n">${epoch.toFixed(2)}</td>
                <td class="n">${count(step)}</td>
                <td class="n">${loss.toFixed(4)}</td>
                <td class="n">${percent(metrics.accuracy, 2)}</td>
                <td class="n">${percent(metrics.macroF1, 2)}</td>
                <td class="n">${percent(metrics.weightedF1, 2)}</td>
              </tr>`,
          )}
        </tbody>
      </table>
    </div>
  </details>`;

const confusionOf = ({ confusion }: RunReport, charts: ConfusionCharts | undefined): Html | undefined =>
  confusion &&
  charts &&
  confusionSection(confusion, {
    full: inline(charts.full, 'confusion'),
    focus: charts.focus === undefined ? undefined : inline(charts.focus, 'focus'),
  });

const header = ({ title, createdAt, encoder, data }: RunReport): Html =>
  html`<header>
    <h1>${title}</h1>
    <p class="soft">
      ${count(data.classes.length)} classes · ${count(data.sizes.train)} training texts · encoder ${encoder} ·
      ${createdAt.slice(0, 16).replace('T', ' ')}${createdAt.endsWith('Z') ? ' UTC' : ''}
    </p>
  </header>`;

/** The whole report as one page: no script, nothing loaded from elsewhere. */
export const reportPage = (report: RunReport, charts: ReportCharts): string => {
  const sections: [id: string, name: string, content: Html | undefined][] = [
    ['confusion', 'What is taken for what', confusionOf(report, charts.confusion)],
    ['mistakes', 'Worst mistakes', mistakesSection(report.mistakes)],
    ['classes', 'Classes', perClassSection(report)],
    [
      'training',
      'Training',
      charts.curves === undefined
        ? undefined
        : html`<h2 id="training">Training</h2>
            <div class="chart">${raw(inline(charts.curves, 'curves'))}</div>
            ${report.evaluations.length > 0 && evaluationsTable(report.evaluations)}`,
    ],
    ['data', 'Data', dataSection(report.data)],
    [
      'run',
      'Recipe and time',
      html`<h2 id="run">Recipe and time</h2>
        <div class="columns">${recipeSection(report.recipe)}${timingSection(report.timings)}</div>`,
    ],
  ];
  const shown = sections.filter(([, , content]) => content !== undefined);
  return `<!doctype html>\n${
    html`<html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>${report.title} · Taxon run report</title>
        <style>
          ${raw(style)}
        </style>
      </head>
      <body>
        ${header(report)} ${headline(report)}
        <nav>${shown.map(([id, name]) => html`<a href="#${id}">${name}</a>`)}</nav>
        ${shown.map(([, , content]) => content)}
      </body>
    </html> `.markup
  }`;
};
