import type { EventBus } from '@taxon/events';
import type { Logger } from 'pino';
import type { Registry } from 'prom-client';
import type { z } from 'zod';
import type { Contract, Implementation } from './contract.ts';

type Contracts = Readonly<Record<string, Contract>>;

export interface ServiceContext<Config, Metrics> {
  /** The service's own keys, validated. */
  readonly config: Config;
  /** What the definition's `metrics` returned. */
  readonly metrics: Metrics;
  readonly log: Logger;
  /**
   * Carries events; one for all services of the process, opened before they start and closed after the last is disposed.
   * Undefined where none is configured: the service does without, or says what it needs.
   */
  readonly events: EventBus | undefined;
  /** Aborts when the host gives up starting, or after the drain: nothing may go on then. */
  readonly signal: AbortSignal;
}

export interface RunningService<C extends Contracts> {
  readonly implementations: { readonly [K in keyof C]: Implementation<C[K]> };
  /** Called when draining begins: end long-lived calls and start nothing new. Calls under way go on. */
  drain?(): void;
  /** Called once, after the last call has ended. */
  dispose?(): Promise<void>;
}

/** A service as a value. It never knows whether it is hosted alone or with others. */
export interface ServiceDefinition<
  C extends Contracts = Contracts,
  S extends z.ZodObject = z.ZodObject,
  // The host passes metrics through without looking.
  Metrics = unknown,
> {
  /** Lower case, e.g. `trainer`: the section of its configuration, and `taxon_trainer_…` in its metrics. */
  readonly name: string;
  /** One sentence for `--help`. */
  readonly description: string;
  readonly contracts: C;
  /**
   * Its own keys, camelCase: strings, enums, numbers, booleans, lists of strings, each with a description. A key reads
   * `maxTexts` in the file, `--max-texts` as a flag and `TAXON_TRAINER_MAX_TEXTS` in the environment.
   */
  readonly config: S;
  /** Registers the service's own metrics, named `taxon_<name>_…`. */
  metrics(registry: Registry): Metrics;
  /** Loads what it needs; the host is ready once every service has started. */
  start(context: ServiceContext<z.output<S>, Metrics>): Promise<RunningService<C>>;
}

export interface AnyRunningService {
  readonly implementations: Readonly<Record<string, object>>;
  drain?(): void;
  dispose?(): Promise<void>;
}

/** What a host takes: any definition, its types forgotten. */
export interface AnyServiceDefinition {
  readonly name: string;
  readonly description: string;
  readonly contracts: Contracts;
  readonly config: z.ZodObject;
  metrics(registry: Registry): unknown;
  start(context: ServiceContext<never, never>): Promise<AnyRunningService>;
}

/** Checks a definition's types and hands it back. */
export const defineService = <C extends Contracts, S extends z.ZodObject, Metrics>(
  definition: ServiceDefinition<C, S, Metrics>,
): ServiceDefinition<C, S, Metrics> => definition;
