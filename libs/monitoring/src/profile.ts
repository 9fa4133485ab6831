import { binOf, confidenceBins, confidenceOf, type Observation } from './observation.ts';

/** What the answers of one task look like, as counts that may be weighted. */
export interface TaskProfile {
  /** Answers. */
  n: number;
  /** Answers by label; an answer of several labels counts for each. */
  labels: Record<string, number>;
  /** Answers without a label. */
  none: number;
  /** [confidenceBins] answers by confidence */
  confidence: number[];
}

/** By task. */
export type Profile = Record<string, TaskProfile>;

// Objects without a prototype: a label may be called `constructor`.
const emptyTask = (): TaskProfile => ({
  n: 0,
  labels: Object.create(null) as Record<string, number>,
  none: 0,
  confidence: Array<number>(confidenceBins).fill(0),
});

export const emptyProfile = (): Profile => Object.create(null) as Profile;

/** Counts one text's answers, `weight` times. */
export const addToProfile = (profile: Profile, { answers }: Pick<Observation, 'answers'>, weight = 1): void => {
  for (const answer of answers) {
    const task = (profile[answer.task] ??= emptyTask());
    task.n += weight;
    for (const label of answer.labels) task.labels[label] = (task.labels[label] ?? 0) + weight;
    if (answer.labels.length === 0) task.none += weight;
    const confidence = confidenceOf(answer);
    if (confidence !== undefined) task.confidence[binOf(confidence)]! += weight;
  }
};
