export type {
  Delivery,
  EventBus,
  GroupLag,
  Handler,
  Handlers,
  ReadOptions,
  RetryOptions,
  SubscribeOptions,
  Subscription,
} from './event-bus.ts';
export type { StoredEvent, TaxonEvent } from './event.ts';
export { eventTypes, topics, type EventType, type PayloadOf } from './event-types.ts';
export { decodeEvent, encodeEvent } from './cloud-events.ts';
export { createEvent, type CreateEventOptions } from './create-event.ts';
export { isDeadTopic, readDeadLetter, reviveDeadLetter, type DeadLetter } from './dead-letters.ts';
export { once, openEffects, type Effects, type EffectsOptions, type EffectStore } from './effects.ts';
export { createKafkaBus } from './kafka/kafka-bus.ts';
export { type KafkaOptions, type KafkaSasl, type KafkaTls } from './kafka/kafka-options.ts';
export { openEmbeddedBus, type EmbeddedBusOptions } from './embedded/embedded-bus.ts';
export { createBusMetrics, type BusMetrics } from './bus-metrics.ts';
export type { Observation, Outcome } from './dispatcher.ts';
export { openLetters, resolveLetters, type OpenLetter, type Resolution } from './dead-letter-box.ts';
export { replay, type ReplayOptions } from './replay.ts';
export {
  busOptions,
  eventConfigFromEnvironment,
  eventConfig,
  eventConfigSchema,
  type EventConfig,
} from './event-config.ts';
export { openEventBus, type OpenEventBusOptions } from './open-event-bus.ts';
