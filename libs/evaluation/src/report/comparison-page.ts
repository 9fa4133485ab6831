import type { AnswersComparison, ComparedTask } from '../comparison/compare-answers.ts';
import { verdictOf } from '../significance/verdict.ts';
import { pageDocument, type Chapter } from './document.ts';
import { count, figure, figureName } from './figures.ts';
import { html, type Html } from './html.ts';
import { tile } from './layout.ts';
import { changedLabelsSection, flipsSection } from './sections/changes.ts';
import { notes } from './sections/run.ts';
import { comparisonSection } from './sections/runs.ts';

export interface ComparedRuns {
  /** What a person calls them. */
  a: string;
  b: string;
  comparison: AnswersComparison;
  /** ISO 8601. */
  createdAt: string;
}

const points = (difference: number): string => `${difference > 0 ? '+' : ''}${(100 * difference).toFixed(1)}`;

/** The first two figures of a task, then how many texts are right in both, in one, in none. */
const taskTiles = ({ comparison, both, neither }: ComparedTask): Html =>
  html`<div class="tiles">
    ${Object.entries(comparison.figures)
      .filter(([name]) => ['accuracy', 'exactMatch', 'macroF1'].includes(name))
      .map(([name, paired]) =>
        tile(
          `${figureName(name)}, from A to B`,
          points(paired.difference),
          `${figure(name, paired.a)} → ${figure(name, paired.b)}: ${verdictOf(name, paired, comparison.level)}`,
        ),
      )}
    ${tile('right in both', count(both), `and in neither: ${count(neither)}`)}
    ${tile('right in one alone', `${count(comparison.onlyA)} | ${count(comparison.onlyB)}`, 'in A | in B')}
  </div>`;

/** Two runs beside each other, as one page. */
export const comparisonPage = ({ a, b, comparison, createdAt }: ComparedRuns): string => {
  const { tasks, n, all } = comparison;
  const several = tasks.length > 1;
  const chapters = tasks.map((task, i): Chapter => {
    const place = { prefix: several ? `t${i + 1}-` : '' };
    const sections = [
      ...comparisonSection({ a: 'A', b: 'B', comparison: task.comparison }, place, 'Figures'),
      ...changedLabelsSection(task, place),
      ...flipsSection(task, place),
    ];
    const head = taskTiles(task);
    return several ? { id: `task-${i + 1}`, title: task.name, head, sections } : { head, sections };
  });
  const together = comparisonSection(
    all && { a: 'A', b: 'B', comparison: all },
    { prefix: 'all-' },
    'All tasks together',
  );
  const head = html`<header>
      <h1>Two runs on the same texts</h1>
      <p><b>A</b> ${a}<br /><b>B</b> ${b}</p>
      <p class="soft">
        ${count(n)} texts · ${createdAt.slice(0, 16).replace('T', ' ')}${createdAt.endsWith('Z') ? ' UTC' : ''}
      </p>
    </header>
    ${notes(comparison.notes)}`;
  return pageDocument({
    title: `${a} and ${b} · Taxon comparison`,
    head,
    chapters: [...(together.length > 0 ? [{ sections: together }] : []), ...chapters],
  });
};
