import {
  DriftMeasured,
  FeedbackGiven,
  JobEnded,
  ModelPromoted,
  ModelRefused,
  ModelRolledBack,
  ModelShadowed,
  PredictionMade,
  TrainingCompleted,
  TrainingFailed,
  TrainingRequested,
  TrainingStarted,
  WorkDone,
  WorkRequested,
} from '@taxon/contracts';

/** How the payload of a type of event is written, and where it goes. */
interface EventKind<Payload> {
  readonly topic: string;
  /** Events of one key keep their order. */
  readonly key: (payload: Payload) => string;
  readonly codec: {
    encode(payload: Payload): { finish(): Uint8Array };
    decode(bytes: Uint8Array): Payload;
    toJSON(payload: Payload): unknown;
    fromJSON(json: unknown): Payload;
  };
}

const kind = <Payload>(
  topic: string,
  codec: EventKind<Payload>['codec'],
  key: (payload: Payload) => string,
): EventKind<Payload> => ({ topic, codec, key });

const model = (payload: { model: string }): string => payload.model;

/** Every event there is, by its CloudEvents type. */
export const eventTypes = {
  'taxon.training.requested': kind('taxon.training.v1', TrainingRequested, model),
  'taxon.training.started': kind('taxon.training.v1', TrainingStarted, model),
  'taxon.training.completed': kind('taxon.training.v1', TrainingCompleted, model),
  'taxon.training.failed': kind('taxon.training.v1', TrainingFailed, model),
  'taxon.model.promoted': kind('taxon.model.v1', ModelPromoted, model),
  'taxon.model.shadowed': kind('taxon.model.v1', ModelShadowed, model),
  'taxon.model.refused': kind('taxon.model.v1', ModelRefused, model),
  'taxon.model.rolled_back': kind('taxon.model.v1', ModelRolledBack, model),
  'taxon.job.ended': kind('taxon.job.v1', JobEnded, ({ jobId }) => jobId),
  'taxon.prediction.made': kind('taxon.prediction.v1', PredictionMade, model),
  'taxon.feedback.given': kind('taxon.feedback.v1', FeedbackGiven, model),
  'taxon.drift.measured': kind('taxon.drift.v1', DriftMeasured, model),
  // Spread over the partitions, so that any number of consumers share a run's units.
  'taxon.work.requested': kind('taxon.work.v1', WorkRequested, ({ runId, unit }) => `${runId}/${unit}`),
  'taxon.work.done': kind('taxon.work.done.v1', WorkDone, ({ runId }) => runId),
} as const;

export type EventType = keyof typeof eventTypes;
export type PayloadOf<Type extends EventType> = ReturnType<(typeof eventTypes)[Type]['codec']['decode']>;
export const topics: readonly string[] = [...new Set(Object.values(eventTypes).map(({ topic }) => topic))];
