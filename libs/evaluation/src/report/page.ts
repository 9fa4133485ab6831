import { createHash } from 'node:crypto';
import type { TaskCharts } from './draw-charts.ts';
import { count } from './figures.ts';
import { html, raw, type Html } from './html.ts';
import type { Place, Section } from './layout.ts';
import { pageScript } from './page-script/index.ts';
import type { RunReport } from './run-report.ts';
import { abstentionSection, calibrationSection } from './sections/certainty.ts';
import { classesSection } from './sections/classes.ts';
import { confusionSection } from './sections/confusion.ts';
import { crossSourceSection, slicesSection } from './sections/breakdowns.ts';
import { duplicatesSection, labelErrorsSection } from './sections/data-quality.ts';
import { costTiles, taskHeadline, tasksOverview } from './sections/headline.ts';
import { groupsSection, hierarchySection } from './sections/hierarchy.ts';
import { mistakesFile, mistakesSection } from './sections/mistakes.ts';
import { dataSection, runSection, trainingSection } from './sections/run.ts';
import { comparisonSection, foldsSection, rateSection, searchSection } from './sections/runs.ts';
import { relaxedSection, thresholdsSection } from './sections/thresholds.ts';
import { style } from './style.ts';
import type { TaskReport } from './task-report.ts';

export interface PageParts {
  curves?: string;
  /** Of the test that found the learning rate. */
  rates?: string;
  /** By task. */
  tasks: readonly TaskCharts[];
  /** Files beside the page. */
  files: readonly { path: string; what: string }[];
}

const taskSections = (report: RunReport, index: number, place: Place, charts: TaskCharts): Section[] => {
  const task: TaskReport = report.tasks[index]!;
  return [
    ...(task.kind === 'multi-label' ? relaxedSection(task, place) : []),
    ...confusionSection(task, place, charts.confusionFile),
    ...classesSection(task, place, charts.support, report.labelGroups),
    ...(task.kind === 'multi-label' ? thresholdsSection(task, place) : []),
    ...mistakesSection(task, place, mistakesFile(index)),
    ...slicesSection(task, place),
    ...crossSourceSection(task.crossSource, place),
    ...calibrationSection(task, place, charts),
    ...abstentionSection(task, place, charts),
    ...labelErrorsSection(task, place),
    ...foldsSection(task, place),
    ...comparisonSection(task.comparison, place),
  ];
};

interface Chapter {
  id?: string;
  title?: string;
  head?: Html;
  sections: Section[];
}

const nav = (chapters: readonly Chapter[]): Html =>
  html`<nav aria-label="contents">
    ${chapters.map(
      ({ id, title, sections }) =>
        html`${title !== undefined && html`<a class="chapter" href="#${id}">${title}</a>`}${sections.map((one) => html`<a href="#${one.id}">${one.title}</a>`)}`,
    )}
  </nav>`;

const chapter = ({ id, title, head, sections }: Chapter): Html =>
  html`${title !== undefined && html`<h1 class="chapter" id="${id}">${title}</h1>`} ${head}
  ${sections.map(({ content }) => content)}`;

const header = ({ title, createdAt, encoder, data, tasks }: RunReport): Html =>
  html`<header>
    <h1>${title}</h1>
    <p class="soft">
      ${tasks.length > 1 ? `${count(tasks.length)} tasks · ` : ''}${count(data.classes.length)} labels ·
      ${count(data.sizes.train)} training texts · encoder ${encoder} ·
      ${createdAt.slice(0, 16).replace('T', ' ')}${createdAt.endsWith('Z') ? ' UTC' : ''}
    </p>
  </header>`;

/** As raw text: its hash is of every character between the tags. */
const scriptElement = raw(`<script>${pageScript}</script>`);

/** Forbids everything but this page's own styles and this very script, so that the page can load nothing and no text can become code. */
const policy = `default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-${createHash('sha256').update(pageScript).digest('base64')}'`;

/** The whole report as one page: nothing is loaded from elsewhere; without its script it can still be read. */
export const reportPage = (report: RunReport, { curves, rates, tasks: charts, files }: PageParts): string => {
  const { tasks } = report;
  const several = tasks.length > 1;
  const ofTask = tasks.map((task, i): Chapter => {
    const prefix = several ? `t${i + 1}-` : '';
    const sections = taskSections(report, i, { prefix }, charts[i] ?? {});
    const head = taskHeadline(task);
    return several ? { id: `task-${i + 1}`, title: task.name, head, sections } : { head, sections };
  });
  const above: Chapter = {
    sections: [
      ...hierarchySection(report),
      ...groupsSection(report),
      ...comparisonSection(report.comparison, { prefix: 'run-' }),
    ],
    ...(several && { head: tasksOverview(tasks, (i) => `task-${i + 1}`) }),
  };
  const below: Chapter = {
    ...(several && { id: 'whole-run', title: 'The run' }),
    sections: [
      ...crossSourceSection(report.crossSource, { prefix: 'run-' }),
      ...searchSection(report.search),
      ...rateSection(report.rateTest, rates),
      ...duplicatesSection(report.nearDuplicates),
      ...trainingSection(report, curves),
      ...dataSection(report),
      ...runSection(report, files),
    ],
  };
  // What a run of one task leads with are its figures; a hierarchy or several tasks come after an overview.
  const chapters = several ? [above, ...ofTask, below] : [...ofTask, above, below];
  return `<!doctype html>\n${
    html`<html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta http-equiv="Content-Security-Policy" content="${policy}" />
        <title>${report.title} · Taxon run report</title>
        <style>
          ${raw(style)}
        </style>
      </head>
      <body>
        ${nav(chapters)}
        <main>${header(report)} ${chapters.map(chapter)} ${costTiles(report)}</main>
        <div id="tip" role="tooltip" hidden></div>
        ${scriptElement}
      </body>
    </html> `.markup
  }`;
};
