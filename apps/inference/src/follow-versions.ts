import { setTimeout as sleep } from 'node:timers/promises';
import { eventTypes, type EventBus } from '@taxon/events';
import type { Logger } from '@taxon/service';
import type { ModelPool } from './model-pool.ts';
import { parseReference } from './registry-source.ts';

export interface FollowOptions {
  pool: Pick<ModelPool, 'names' | 'refresh'>;
  events: EventBus | undefined;
  /** Between looks at the registry, in ms: aliases are also moved by hand, and events get lost with their bus. */
  interval: number;
  log: Logger;
}

const pauseAfterError = 2000;
const moving = new Set<string>(['taxon.model.promoted', 'taxon.model.rolled_back', 'taxon.model.shadowed']);

/** Sees to it that the loaded models answer with the versions that the registry names, at once after an event and from time to time. */
export const followVersions = ({ pool, events, interval, log }: FollowOptions): { close(): Promise<void> } => {
  const over = new AbortController();
  const { signal } = over;
  const ended = (): boolean => signal.aborted;

  const look = async (): Promise<void> => {
    while (!ended()) {
      await sleep(interval, undefined, { signal }).catch(() => undefined);
      if (!ended()) await Promise.all(pool.names().map((name) => pool.refresh(name)));
    }
  };

  /** What an event says is taken as a hint alone: where the alias points now is the registry's to say. */
  const refreshModel = (model: string): void => {
    for (const name of pool.names()) if (parseReference(name)?.model === model) void pool.refresh(name, true);
  };

  // Every instance needs every event: reading without a group, from now on, is that.
  const { topic } = eventTypes['taxon.model.promoted'];
  const listen = async (bus: EventBus): Promise<void> => {
    while (!ended())
      try {
        for await (const stored of bus.read({ topic, from: 'latest', follow: true, signal })) {
          // The key is the model.
          if (moving.has(stored.headers['ce_type'] ?? '')) refreshModel(stored.key);
        }
      } catch (error) {
        if (ended()) return;
        log.warn({ err: error }, 'events about models cannot be read; the registry is looked at from time to time');
        await sleep(pauseAfterError, undefined, { signal }).catch(() => undefined);
      }
  };

  const running = [look(), ...(events === undefined ? [] : [listen(events)])];
  return {
    close: async () => {
      over.abort();
      await Promise.all(running);
    },
  };
};
