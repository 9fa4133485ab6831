import { healthContract, reflectionContract, reflectionV1AlphaContract } from '@taxon/contracts';
import type { EventBus } from '@taxon/events';
import type { DestinationStream, Logger } from 'pino';
import { Registry } from 'prom-client';
import type { ConfigSources } from './config.ts';
import { contractName } from './contract.ts';
import type { AnyRunningService, AnyServiceDefinition } from './define-service.ts';
import { openEvents } from './open-events.ts';
import { startGrpcServer, type GrpcServer, type Mounted } from './grpc-server.ts';
import { healthImplementation } from './health.ts';
import { resolveHostConfig, type HostConfig } from './host-config.ts';
import { startHttpEndpoints } from './http-endpoints.ts';
import { createLifecycle, type Lifecycle, type LifecycleState } from './lifecycle.ts';
import { createLogger } from './logger.ts';
import { createCallMetrics, createProcessRegistry, renderMetrics } from './metrics.ts';
import { reflectionImplementation } from './reflection.ts';

export interface HostOptions extends ConfigSources {
  /** Where log lines go. @default standard output */
  logDestination?: DestinationStream;
  /** Carries events instead of what the section `events` says; closed by whoever opened it. */
  events?: EventBus;
  /** A folder: events are kept in `events` below it where the configuration names no bus. @default no bus then */
  eventsBelow?: string;
}

/** Services that are being served. */
export interface Host {
  readonly host: string;
  /** The gRPC port, also where 0 was configured. */
  readonly port: number;
  /** The HTTP port of /metrics, /healthz and /readyz. */
  readonly metricsPort: number;
  readonly state: LifecycleState;
  readonly log: Logger;
  /** Called after every change of state, until the returned function is called. */
  onState(listener: (state: LifecycleState) => void): () => void;
  /** Refuses new calls, lets those under way finish for `drainSeconds`, then releases everything. May be called twice. */
  stop(): Promise<void>;
}

interface Slot {
  definition: AnyServiceDefinition;
  registry: Registry;
  log: Logger;
  running: AnyRunningService | undefined;
}

/** What to undo, newest first; one failure does not keep the rest from being undone. */
const createUndo = (log: Logger) => {
  const steps: (() => Promise<void> | void)[] = [];
  return {
    push: (step: () => Promise<void> | void) => void steps.push(step),
    run: async () => {
      for (const step of steps.splice(0).reverse())
        await Promise.resolve()
          .then(step)
          .catch((error: unknown) => log.error({ err: error }, 'stopping'));
    },
  };
};

const mount = (slots: readonly Slot[], lifecycle: Lifecycle, log: Logger): Mounted[] => {
  const mounted = slots.flatMap((slot) =>
    Object.entries(slot.definition.contracts).map(([key, contract]): Mounted => ({
      contract,
      log: slot.log,
      handlers: () => slot.running!.implementations[key] as Record<string, unknown>,
    })),
  );
  const names = mounted.map(({ contract }) => contractName(contract));
  const system = [healthContract, reflectionContract, reflectionV1AlphaContract];
  const reflection = reflectionImplementation([...names, ...system.map(contractName)]);
  return [
    ...mounted,
    { contract: healthContract, log, handlers: () => healthImplementation(lifecycle, names) },
    { contract: reflectionContract, log, handlers: () => reflection },
    { contract: reflectionV1AlphaContract, log, handlers: () => reflection },
  ];
};

interface Start {
  config: HostConfig;
  events: EventBus | undefined;
  over: AbortController;
}

const startSlot = async (slot: Slot, { config, events, over: { signal } }: Start): Promise<void> => {
  const { definition, registry, log } = slot;
  slot.running = await definition.start({
    config: config.services[definition.name] as never,
    metrics: definition.metrics(registry) as never,
    log,
    events,
    signal,
  });
};

const createStop = (
  lifecycle: Lifecycle,
  parts: { slots: readonly Slot[]; grpc: GrpcServer; drainSeconds: number; log: Logger; release: () => Promise<void> },
): (() => Promise<void>) => {
  const drain = async () => {
    lifecycle.enter('draining');
    parts.log.info({ state: 'draining' }, 'host');
    for (const { running } of parts.slots) running?.drain?.();
    if (!(await parts.grpc.idle(parts.drainSeconds * 1000)))
      parts.log.warn({ drainSeconds: parts.drainSeconds }, 'calls still under way after the drain limit are ended');
    await parts.release();
    lifecycle.enter('stopped');
    parts.log.info({ state: 'stopped' }, 'host');
  };
  let stopping: Promise<void> | undefined;
  return () => (stopping ??= drain());
};

/**
 * Serves one or many services in this process: one gRPC server with health and reflection, one HTTP server for metrics
 * and probes. Resolves when all have started.
 * @throws TaxonError `invalid_input` for a wrong configuration, `failed_precondition` for a port that is taken, or what a
 *   service's start throws; nothing is left running then
 */
export const hostServices = async (
  definitions: readonly AnyServiceDefinition[],
  options: HostOptions = {},
): Promise<Host> => {
  const config = await resolveHostConfig(definitions, options);
  const { server } = config;
  const log = createLogger(server.logLevel, options.logDestination);
  const lifecycle = createLifecycle();
  const undo = createUndo(log);
  const over = new AbortController();

  const hostRegistry = new Registry();
  const processRegistry = createProcessRegistry();
  const slots = definitions.map((definition): Slot => ({
    definition,
    registry: new Registry(),
    log: log.child({ plugin: definition.name }),
    running: undefined,
  }));
  const registries = [processRegistry, hostRegistry, ...slots.map(({ registry }) => registry)];
  undo.push(() => processRegistry.clear());

  try {
    const http = await startHttpEndpoints({
      host: server.host,
      port: server.metricsPort,
      lifecycle,
      metrics: () => renderMetrics(registries),
    });
    undo.push(() => http.close());
    const opening = { below: options.eventsBelow, registry: hostRegistry, log };
    const events = options.events ?? (await openEvents(config.events, opening));
    if (options.events === undefined) undo.push(() => events?.close());
    for (const slot of slots) undo.push(() => slot.running?.dispose?.());
    undo.push(() => over.abort());
    const metrics = createCallMetrics(hostRegistry);
    const grpc = await startGrpcServer(server, mount(slots, lifecycle, log), { lifecycle, metrics, log });
    undo.push(() => grpc.close());
    await startAll(slots, { config, events, over });
    lifecycle.enter('ready');
    log.info({ state: 'ready', host: server.host, port: grpc.port, metricsPort: http.port }, 'host');
    return {
      host: server.host,
      port: grpc.port,
      metricsPort: http.port,
      get state() {
        return lifecycle.state;
      },
      log,
      onState: (listener) => lifecycle.onChange(listener),
      stop: createStop(lifecycle, { slots, grpc, drainSeconds: server.drainSeconds, log, release: () => undo.run() }),
    };
  } catch (error) {
    await undo.run();
    lifecycle.enter('stopped');
    throw error;
  }
};

/** Starts all at once; when one fails the others are told to give up, and are waited for so that they can be disposed. */
const startAll = async (slots: readonly Slot[], start: Start): Promise<void> => {
  let failed: { error: unknown } | undefined;
  await Promise.all(
    slots.map((slot) =>
      startSlot(slot, start).catch((error: unknown) => {
        failed ??= { error };
        start.over.abort();
      }),
    ),
  );
  if (failed !== undefined) throw failed.error;
};
