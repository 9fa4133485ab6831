import { invalidInput } from '@taxon/errors';
import type { Registry } from 'prom-client';
import { createBusMetrics } from './bus-metrics.ts';
import type { EmbeddedBusOptions } from './embedded/embedded-bus.ts';
import type { EventBus } from './event-bus.ts';
import type { KafkaOptions } from './kafka/kafka-options.ts';

export interface OpenEventBusOptions {
  /** `kafka://host:port,host:port` or `memory:NAME`. @default the embedded log in `folder` */
  url?: string;
  /** Of the embedded log; made where it is missing. */
  folder?: string;
  embedded?: Omit<EmbeddedBusOptions, 'observe' | 'warn'>;
  kafka?: Omit<KafkaOptions, 'brokers' | 'observe' | 'warn'>;
  /** Where the bus's metrics go. @default nowhere */
  registry?: Registry;
  /** Told of what a person should know: events that are lost, brokers that are away. */
  warn?: (message: string) => void;
}

const kafkaScheme = 'kafka://';
const memoryScheme = 'memory:';

/**
 * Opens the bus that the options name. What a bus needs is loaded only for it.
 * @throws TaxonError `invalid_input` naming the option
 */
export const openEventBus = async (options: OpenEventBusOptions): Promise<EventBus> => {
  const { url, folder, embedded, kafka, registry, warn } = options;
  const metrics = registry === undefined ? undefined : createBusMetrics(registry);
  const measured = (bus: EventBus): EventBus => metrics?.measure(bus) ?? bus;
  const observe = metrics?.observe;
  if (url?.startsWith(kafkaScheme) === true) {
    const brokers = url.slice(kafkaScheme.length).split(',');
    const { createKafkaBus } = await import('./kafka/kafka-bus.ts');
    return measured(createKafkaBus({ ...kafka, brokers, observe, warn: (message) => warn?.(message) }));
  }
  if (url?.startsWith(memoryScheme) === true) {
    const { openMemoryBus } = await import('./embedded/memory-bus.ts');
    return measured(openMemoryBus(url.slice(memoryScheme.length), { ...embedded, observe, warn }));
  }
  if (url !== undefined && url !== '')
    throw invalidInput(
      `events.url is '${url}'; it begins with ${kafkaScheme} or ${memoryScheme}`,
      'Left out, events are kept in a folder.',
    );
  if (folder === undefined || folder === '')
    throw invalidInput('events.folder is missing; name the folder in which events are kept, or events.url');
  const { openEmbeddedBus } = await import('./embedded/embedded-bus.ts');
  return measured(await openEmbeddedBus(folder, { ...embedded, observe, warn }));
};
