import type { EventBus } from '@taxon/events';
import { invalidInput } from '@taxon/errors';

const brokersOf = (option: string): string => {
  const brokers = process.env['KAFKA_BROKERS'];
  if (brokers !== undefined && brokers !== '') return brokers;
  throw invalidInput(
    `${option} kafka: KAFKA_BROKERS is not set`,
    `Name the brokers: ${option} kafka://host:9092, or KAFKA_BROKERS=host:9092.`,
  );
};

/** What a person writes for a bus: `kafka`, `kafka://host:port,…`, or the folder of an embedded log. */
export const placeOfBus = (text: string, option: string): { url?: string; folder?: string } => {
  if (text === 'kafka') return { url: `kafka://${brokersOf(option)}` };
  return text.includes('://') || text.startsWith('memory:') ? { url: text } : { folder: text };
};

/**
 * The event bus that an option names; all else as services have it, from TAXON_EVENTS_….
 * @throws TaxonError `invalid_input` naming the option
 */
export const openBus = async (text: string, option: string): Promise<EventBus> => {
  const { busOptions, eventConfigFromEnvironment, openEventBus } = await import('@taxon/events');
  const { url, folder } = placeOfBus(text, option);
  return openEventBus(busOptions({ ...eventConfigFromEnvironment(process.env), url, folder }, '.'));
};
