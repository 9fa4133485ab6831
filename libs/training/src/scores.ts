import type { TaskKind } from '@taxon/data';
import type { ClassMetrics, Figures } from '@taxon/evaluation';

/** How well one task is answered: plain data, the same whatever the task. */
export interface TaskScores {
  task: string;
  kind: TaskKind;
  /** Texts whose labels are known. */
  n: number;
  /** Every figure of the task's metrics by its name, most within 0..1: `macroF1`, `exactMatch`, … */
  figures: Figures;
  perLabel: ClassMetrics[];
}

/** How well a part of the data is answered. */
export interface Scores {
  /** Texts scored. */
  n: number;
  /**
   * `accuracy` (multi-label: exact match), `macroF1`, `microF1`, `weightedF1`, 0..1: of the fine task of a hierarchy, else means over
   * the tasks; of a hierarchy `pathAccuracy` too.
   */
  figures: Figures;
  tasks: TaskScores[];
}

export const headlineFigures = ['accuracy', 'macroF1', 'microF1', 'weightedF1'] as const;
export type HeadlineFigure = (typeof headlineFigures)[number];

const figureOf = ({ figures }: TaskScores, name: HeadlineFigure): number =>
  (name === 'accuracy' ? (figures['accuracy'] ?? figures['exactMatch']) : figures[name]) ?? 0;

/** @param main task that leads, of a hierarchy; absent: all alike */
export const headlineOf = (tasks: readonly TaskScores[], main?: number): Figures => {
  const leading = main === undefined ? tasks.filter(({ n }) => n > 0) : [tasks[main]!];
  return Object.fromEntries(
    headlineFigures.map((name) => [
      name,
      leading.reduce((sum, scores) => sum + figureOf(scores, name), 0) / Math.max(1, leading.length),
    ]),
  );
};

/** What people call the figures. */
const figureTitles: Readonly<Record<string, string>> = {
  accuracy: 'accuracy',
  exactMatch: 'exact match',
  pathAccuracy: 'path accuracy',
  macroF1: 'macro F1',
  microF1: 'micro F1',
  weightedF1: 'weighted F1',
};

/** The figures that a task is told by, under the names that people read: of a multi-label one exact match in place of accuracy. */
export const titledFigures = ({ kind, figures }: Pick<TaskScores, 'kind' | 'figures'>): Figures => {
  const names = kind === 'multi-label' ? ['exactMatch', 'macroF1', 'microF1'] : ['accuracy', 'macroF1', 'weightedF1'];
  return Object.fromEntries(names.map((name) => [figureTitles[name]!, figures[name] ?? 0]));
};
