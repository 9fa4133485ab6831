import type { EventBus } from '@taxon/events';
import { invalidInput } from '@taxon/errors';
import type { Logger } from 'pino';
import type { EventsConfig } from './events-config.ts';

/**
 * The bus that the configuration names.
 * @throws TaxonError `invalid_input` naming the key that is missing, or what opening the bus throws
 */
export const openEvents = (config: EventsConfig, log: Logger): Promise<EventBus | undefined> => {
  if (config.bus === 'none') return Promise.resolve(undefined);
  log.info({ bus: config.bus }, 'events');
  throw invalidInput(`events.bus: ${config.bus} is not there yet`);
};
