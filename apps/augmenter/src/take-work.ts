import type { EventBus, Subscription } from '@taxon/events';
import type { MethodSummary } from '@taxon/augmentation';
import type { Logger } from '@taxon/service';
import { workerOf, workGroup, workHandler } from '@taxon/work';
import { confineOptions, expectMethods, type ReadFolders } from './check-options.ts';
import type { AugmentationEngine } from './engine.ts';
import { parseAugmentation } from './options-message.ts';
import { sliceKind } from './slice-kind.ts';
import { createSliceThreads } from './slice-threads.ts';

export interface TakeWorkOptions {
  bus: EventBus;
  engine: Pick<AugmentationEngine, 'slices' | 'methods' | 'checkMethods'>;
  folders: ReadFolders;
  /** Address of the `TranslatorService` that back-translation asks. */
  translator?: string;
  metrics: {
    onRows(count: number): void;
    onNewRows(methods: readonly string[]): void;
    onDropped(summary: { methods: readonly Pick<MethodSummary, 'name' | 'dropped'>[] }): void;
  };
  log: Logger;
}

/** Units under way at once: enough to keep the thread busy while results go out. */
const units = 2;

/** Augments rows of large files; instances share them. */
export const takeWork = ({
  bus,
  engine,
  folders,
  translator,
  metrics,
  log,
}: TakeWorkOptions): Pick<Subscription, 'close'> => {
  const threads = createSliceThreads(engine);
  const augment = workerOf(sliceKind, async ({ options: asked, tasks, slice }, { signal }) => {
    const given = parseAugmentation(asked);
    expectMethods(given, engine.methods);
    engine.checkMethods(given);
    const options = confineOptions(given, folders, engine.methods);
    const result = await threads.augment({ options, tasks, translator }, slice, signal);
    metrics.onRows(slice.rows.length + slice.others.length);
    metrics.onNewRows(result.made.map(({ method }) => method));
    metrics.onDropped({ methods: result.dropped.map(({ method, counts }) => ({ name: method, dropped: counts })) });
    return result;
  });
  const subscription = bus.subscribe({
    group: workGroup(sliceKind.name),
    handlers: { 'taxon.work.requested': workHandler({ bus, workers: [augment], source: '/augmenter' }) },
    concurrency: units,
    onError: (error) => log.warn({ err: error }, 'rows that were split'),
  });
  return {
    close: async () => {
      await subscription.close();
      threads.close();
    },
  };
};
