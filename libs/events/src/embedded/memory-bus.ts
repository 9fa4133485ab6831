import type { EventBus } from '../event-bus.ts';
import { createEmbeddedBus, type EmbeddedBusOptions } from './embedded-bus.ts';
import { openEventLog, type EventLog } from './event-log.ts';

const shared = new Map<string, { log: EventLog; users: number }>();

/**
 * The embedded bus without a file, for unit tests: nothing is kept.
 * @param name buses of one name in a process are the same bus, until the last is closed. @default one of its own
 */
export const openMemoryBus = (name = '', options: EmbeddedBusOptions = {}): EventBus => {
  if (name === '') return createEmbeddedBus(openEventLog(':memory:', options), options);
  const entry = shared.get(name) ?? { log: openEventLog(':memory:', options), users: 0 };
  shared.set(name, entry);
  entry.users++;
  const close = async (): Promise<void> => {
    if (--entry.users > 0) return;
    shared.delete(name);
    await entry.log.close();
  };
  return createEmbeddedBus({ ...entry.log, close }, options);
};
