import { busOptions, eventConfigSchema, openEventBus, type EventBus } from '@taxon/events';
import { invalidInput } from '@taxon/errors';
import { resolveConfig } from '@taxon/service';

const place = (via: string): { url: string } | { folder: string } => {
  if (via !== 'kafka') return via.includes('://') ? { url: via } : { folder: via };
  const brokers = process.env['KAFKA_BROKERS'];
  if (brokers === undefined || brokers === '')
    throw invalidInput(
      '--via kafka: KAFKA_BROKERS is not set',
      'Name the brokers: --via kafka://host:9092, or KAFKA_BROKERS=host:9092.',
    );
  return { url: `kafka://${brokers}` };
};

/**
 * The event bus that `--via` names: `kafka` (brokers from KAFKA_BROKERS), `kafka://host:port,…`, or the folder of an embedded log; all
 * else as services have it, from TAXON_CONFIG and TAXON_EVENTS_….
 * @throws TaxonError `invalid_input` naming the option
 */
export const openVia = async (via: string): Promise<EventBus> => {
  const sections = { events: eventConfigSchema };
  const { events } = await resolveConfig(sections, { env: process.env, settings: { events: place(via) } });
  return openEventBus(busOptions(events, '.'));
};
