import { busOptions, openEventBus, type EventBus, type EventConfig } from '@taxon/events';
import type { Logger } from 'pino';
import type { Registry } from 'prom-client';

export interface OpenEventsOptions {
  /** Where events are kept when the configuration names no bus; absent: there is none then. */
  below: string | undefined;
  /** Where the bus's metrics go. */
  registry: Registry;
  log: Logger;
}

/**
 * The bus that the section `events` names.
 * @throws TaxonError `invalid_input` naming the key that is wrong, or what opening the bus throws
 */
export const openEvents = async (
  config: EventConfig,
  { below, registry, log }: OpenEventsOptions,
): Promise<EventBus | undefined> => {
  if (config.url === undefined && config.folder === undefined && below === undefined) return undefined;
  const options = busOptions(config, below ?? '.');
  const bus = await openEventBus({ ...options, registry, warn: (message) => log.warn(message) });
  log.info({ events: options.url ?? options.folder }, 'event bus opened');
  return bus;
};
