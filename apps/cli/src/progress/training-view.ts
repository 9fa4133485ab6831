import type { TrainingEvent } from '@taxon/training';
import { formatPercent } from '../render/format.ts';
import type { ProgressView } from './progress-view.ts';

/** `validation, epoch 1.0: accuracy 96.1 %, macro F1 95.9 %, loss 0.171`. */
const formatEvaluation = ({ split, epoch, loss, scores }: Extract<TrainingEvent, { kind: 'evaluation' }>): string => {
  const multiLabel = scores.tasks.every(({ kind }) => kind === 'multi-label');
  return (
    `${split}, epoch ${epoch.toFixed(1)}: ${multiLabel ? 'exact match' : 'accuracy'} ` +
    `${formatPercent(scores.figures['accuracy']!)}, macro F1 ${formatPercent(scores.figures['macroF1']!)}, ` +
    `loss ${loss.toFixed(3)}`
  );
};

/** `train`; of several trainings `fold 2/6 train`, counted over all of them. */
const stageName = ({ stage, training }: Extract<TrainingEvent, { kind: 'stage' }>): string =>
  training === undefined ? stage : `${training.purpose} ${training.number}/${training.total} ${stage}`;

/** Shows a training run's events. Checkpoints are told at the end, with the command that goes on from them. */
export const showTrainingEvent = (view: ProgressView, event: TrainingEvent): void => {
  switch (event.kind) {
    case 'stage':
      return view.begin(stageName(event));
    case 'progress':
      return view.update(event);
    case 'evaluation':
      return view.note(formatEvaluation(event));
    case 'notice':
      return view.note(event.message, event.level);
    case 'checkpoint':
      return;
  }
};
