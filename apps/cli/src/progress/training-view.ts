import type { TrainingEvent } from '@taxon/training';
import { formatPercent } from '../render/format.ts';
import type { ProgressView } from './progress-view.ts';

/** `validation, epoch 1.0: accuracy 96.1 %, macro F1 95.9 %, loss 0.171`. */
const formatEvaluation = ({ split, epoch, loss, metrics }: Extract<TrainingEvent, { kind: 'evaluation' }>): string =>
  `${split}, epoch ${epoch.toFixed(1)}: accuracy ${formatPercent(metrics.accuracy)}, ` +
  `macro F1 ${formatPercent(metrics.macroF1)}, loss ${loss.toFixed(3)}`;

/** Shows a training run's events. Checkpoints are told at the end, with the command that goes on from them. */
export const showTrainingEvent = (view: ProgressView, event: TrainingEvent): void => {
  switch (event.kind) {
    case 'stage':
      return view.begin(event.stage);
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
