import type { Answer } from '@taxon/contracts';
import type { Prediction as PredictionMessage } from '@taxon/contracts';
import type { LabelSpace } from '@taxon/data';
import type { Prediction, TaskPrediction } from '@taxon/models';
import { embeddingOf } from '@taxon/monitoring';

/** What was answered, as events tell it: the answer's labels, or what was likeliest where the model abstained. */
export const answersOf = ({ tasks }: Pick<Prediction, 'tasks'>, { tasks: kinds }: LabelSpace): Answer[] =>
  tasks.map(({ task, labels, answer }, i) => {
    const abstained = answer.length === 0 && kinds[i]!.kind === 'single-label';
    // Answered labels come first.
    const told = labels.slice(0, abstained ? 1 : answer.length);
    return { task, labels: answer, probabilities: told.map(({ probability }) => probability) };
  });

/** Where the text lies, for distances; needs the probabilities of all labels. */
export const embeddingOfPrediction = ({ tasks }: Pick<Prediction, 'tasks'>, space: LabelSpace): number[] =>
  embeddingOf(
    tasks.map(({ labels }, i) => {
      const byLabel = new Map(labels.map(({ label, probability }) => [label, probability]));
      return space.tasks[i]!.labels.map((label) => byLabel.get(label) ?? 0);
    }),
  );

const cut = (prediction: TaskPrediction, topK: number): TaskPrediction => ({
  ...prediction,
  labels: prediction.labels.slice(0, Math.max(topK, prediction.answer.length)),
});

/**
 * A prediction as it is sent; the only task of a model is told once.
 * @param topK labels told a task, but never less than the answer
 */
export const toPredictionMessage = (
  { labels, answer, tasks, tokens, truncated }: Prediction,
  predictionId: string,
  topK = Infinity,
): PredictionMessage => {
  const main = cut({ task: '', labels, answer }, topK);
  return {
    labels: main.labels,
    answer,
    tasks: tasks.length > 1 ? tasks.map((task) => cut(task, topK)) : [],
    tokens,
    truncated,
    predictionId,
  };
};
