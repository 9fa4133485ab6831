import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import { deadTopicOf } from './dead-letters.ts';
import type { Observation } from './dispatcher.ts';
import type { EventBus, Subscription } from './event-bus.ts';
import { eventTypes, topics } from './event-types.ts';

/** From a counter that is raised to a job that is queued; a handler that computes for minutes is an error of ours. */
const handlerBuckets = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5, 30, 120];

export interface BusMetrics {
  /** For a bus's option of this name. */
  readonly observe: (group: string, observation: Observation) => void;
  /** The bus, what is published by it counted, and how far its groups are behind told when it is asked for. */
  measure(bus: EventBus): EventBus;
}

const known = new Set([...topics, ...topics.map(deadTopicOf)]);
/** Whoever writes to a bus cannot make up label values. */
const labelOf = (topic: string): string => (known.has(topic) ? topic : 'other');

/**
 * `taxon_events_published_total{topic}`, `taxon_events_received_total{group,topic,outcome}`, `taxon_events_retried_total{group,topic}`,
 * `taxon_events_handler_seconds{group,topic}`, `taxon_events_lag{group,topic}`. Topics are those of ours and `other`; groups are
 * those that this process subscribes as.
 */
export const createBusMetrics = (registry: Registry): BusMetrics => {
  const registers = [registry];
  const published = new Counter({
    name: 'taxon_events_published_total',
    help: 'Events published by this process',
    labelNames: ['topic'] as const,
    registers,
  });
  const received = new Counter({
    name: 'taxon_events_received_total',
    help: 'Events that were delivered to a group, by what became of them: handled, dead, passed, aborted',
    labelNames: ['group', 'topic', 'outcome'] as const,
    registers,
  });
  const retried = new Counter({
    name: 'taxon_events_retried_total',
    help: 'Deliveries beyond the first of an event',
    labelNames: ['group', 'topic'] as const,
    registers,
  });
  const seconds = new Histogram({
    name: 'taxon_events_handler_seconds',
    help: 'Time within handlers, all deliveries of an event together',
    labelNames: ['group', 'topic'] as const,
    buckets: handlerBuckets,
    registers,
  });
  const groups = new Map<string, EventBus>();
  const lag: Gauge<'group' | 'topic'> = new Gauge({
    name: 'taxon_events_lag',
    help: 'Events that a group has not acknowledged yet',
    labelNames: ['group', 'topic'] as const,
    registers,
    collect: async () => {
      for (const [group, bus] of groups) {
        // A broker that is away must not take the other metrics with it.
        const lags = await bus.lag(group).catch(() => []);
        for (const { topic, events } of lags) lag.set({ group, topic: labelOf(topic) }, events);
      }
    },
  });
  const measure = (bus: EventBus): EventBus => ({
    ...bus,
    publish: async (events, options) => {
      await bus.publish(events, options);
      for (const { type } of events) published.inc({ topic: eventTypes[type].topic });
    },
    republish: async (topic, events) => {
      await bus.republish(topic, events);
      published.inc({ topic: labelOf(topic) }, events.length);
    },
    subscribe: (options): Subscription => {
      const subscription = bus.subscribe(options);
      groups.set(options.group, bus);
      const close = async (): Promise<void> => {
        if (groups.get(options.group) === bus) groups.delete(options.group);
        await subscription.close();
      };
      return { ready: subscription.ready, close, [Symbol.asyncDispose]: close };
    },
    close: async () => {
      for (const [group, owner] of groups) if (owner === bus) groups.delete(group);
      await bus.close();
    },
    [Symbol.asyncDispose]: () => bus.close(),
  });
  return {
    measure,
    observe: (group, { stored, outcome, attempts, seconds: spent }) => {
      const labels = { group, topic: labelOf(stored.topic) };
      received.inc({ ...labels, outcome });
      if (attempts > 1) retried.inc(labels, attempts - 1);
      if (attempts > 0) seconds.observe(labels, spent);
    },
  };
};
