import { pageDocument, type Chapter } from './document.ts';
import type { TaskCharts } from './draw-charts.ts';
import { count } from './figures.ts';
import { html, type Html } from './html.ts';
import type { Place, Section } from './layout.ts';
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

const header = ({ title, createdAt, encoder, data, tasks }: RunReport): Html =>
  html`<header>
    <h1>${title}</h1>
    <p class="soft">
      ${tasks.length > 1 ? `${count(tasks.length)} tasks · ` : ''}${count(data.classes.length)} labels ·
      ${count(data.sizes.train)} training texts · encoder ${encoder} ·
      ${createdAt.slice(0, 16).replace('T', ' ')}${createdAt.endsWith('Z') ? ' UTC' : ''}
    </p>
  </header>`;

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
  return pageDocument({
    title: `${report.title} · Taxon run report`,
    head: header(report),
    chapters,
    foot: costTiles(report),
  });
};
