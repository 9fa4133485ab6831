import type { EventBus, Subscription } from '@taxon/events';
import type { Logger } from '@taxon/service';
import { workerOf, workGroup, workHandler } from '@taxon/work';
import type { ModelPool } from './model-pool.ts';
import type { ModelSource } from './model-source.ts';
import { predictKind } from './predict-kind.ts';

export interface TakeWorkOptions {
  bus: EventBus;
  source: string;
  pool: Pick<ModelPool, 'get'>;
  models: ModelSource;
  log: Logger;
}

/** Units under way at once: enough to keep the model's thread busy while results go out. */
const units = 2;

/** Answers texts of large files; instances share them. */
export const takeWork = ({ bus, source, pool, models, log }: TakeWorkOptions): Subscription => {
  const predict = workerOf(predictKind, async ({ model, texts, topK }, { signal }) => {
    const loaded = await pool.get(await models.resolve(model));
    const predictions = await loaded.classify(texts, { topK, signal });
    return { version: loaded.version, predictions };
  });
  return bus.subscribe({
    group: workGroup(predictKind.name),
    handlers: { 'taxon.work.requested': workHandler({ bus, workers: [predict], source }) },
    concurrency: units,
    onError: (error) => log.warn({ err: error }, 'texts that were split'),
  });
};
