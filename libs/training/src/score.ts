import type { Example, LabelSpace } from '@taxon/data';
import {
  classificationMetrics,
  hierarchicalMetrics,
  multiLabelMetrics,
  type ClassMetrics,
  type Figures,
  type HierarchicalMetrics,
} from '@taxon/evaluation';
import { countOutputs, createDecider, mainTask, type DecisionRule, type TaskAnswer } from '@taxon/models';
import { headlineOf, type Scores, type TaskScores } from './scores.ts';
import { answersByTask, type TaskAnswers } from './task-answers.ts';

/** What a model was asked, what it should have said, and what it said. */
export interface ScoredPart {
  scores: Scores;
  hierarchy?: HierarchicalMetrics;
  /** [texts, C] */
  logits: Float32Array;
  /** By task. */
  answers: TaskAnswers[];
}

/** Numbers among the metrics. */
const figuresOf = (metrics: object): Figures =>
  Object.fromEntries(
    Object.entries(metrics as Record<string, unknown>).filter(
      (entry): entry is [string, number] => typeof entry[1] === 'number',
    ),
  );

const taskScores = ({ tasks }: LabelSpace, task: number, answers: TaskAnswers): TaskScores => {
  const { name, kind, labels } = tasks[task]!;
  const scores = (metrics: object, perLabel: ClassMetrics[]): TaskScores => {
    const { n, ...figures } = figuresOf(metrics);
    return { task: name, kind, n: n!, figures, perLabel };
  };
  if (answers.kind === 'single-label') {
    const metrics = classificationMetrics(answers.expected, answers.predicted, labels, answers.unseen);
    return scores(metrics, metrics.perClass);
  }
  const metrics = multiLabelMetrics(answers.given);
  return scores(
    metrics,
    metrics.perLabel.map(({ label, precision, recall, f1, support }) => ({ label, precision, recall, f1, support })),
  );
};

/** The two levels of a hierarchy on the texts of which both are known. */
const hierarchyOf = (
  { tasks, hierarchy }: LabelSpace,
  answers: readonly TaskAnswers[],
): HierarchicalMetrics | undefined => {
  const [coarse, fine] = answers;
  if (hierarchy === undefined || coarse?.kind !== 'single-label' || fine?.kind !== 'single-label') return undefined;
  const coarseAt = new Map(coarse.texts.map((text, i) => [text, i]));
  const both = fine.texts.flatMap((text, i): [number, number][] => {
    const at = coarseAt.get(text);
    return at === undefined ? [] : [[at, i]];
  });
  const level = (task: 0 | 1, own: Extract<TaskAnswers, { kind: 'single-label' }>) => ({
    name: tasks[task]!.name,
    labels: tasks[task]!.labels,
    expected: Int32Array.from(both, (at) => own.expected[at[task]]!),
    predicted: Int32Array.from(both, (at) => own.predicted[at[task]]!),
  });
  return hierarchicalMetrics([level(0, coarse), { ...level(1, fine), parents: hierarchy.parents }]);
};

/** Scores logits [texts, C] against the labels of the examples. */
export const scoreLogits = (
  logits: Float32Array,
  examples: readonly Example[],
  space: LabelSpace,
  rule: DecisionRule,
): ScoredPart => {
  const outputs = countOutputs(space);
  const decide = createDecider(space, rule);
  const decided = examples.map((_, i) => decide(logits.subarray(i * outputs, (i + 1) * outputs)));
  return scoreDecided(decided, logits, examples, space);
};

/** Scores answers, by text and task, that were made of logits [texts, C]. */
export const scoreDecided = (
  decided: readonly TaskAnswer[][],
  logits: Float32Array,
  examples: readonly Example[],
  space: LabelSpace,
): ScoredPart => {
  const answers = answersByTask(space, examples, decided);
  const tasks = answers.map((own, task) => taskScores(space, task, own));
  const hierarchy = hierarchyOf(space, answers);
  const main = space.hierarchy === undefined ? undefined : mainTask(space);
  const figures = {
    ...headlineOf(tasks, main),
    ...(hierarchy === undefined ? {} : { pathAccuracy: hierarchy.pathAccuracy }),
  };
  return {
    scores: { n: examples.length, figures, tasks },
    ...(hierarchy && { hierarchy }),
    logits,
    answers,
  };
};
