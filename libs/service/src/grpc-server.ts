import { Server, logVerbosity, setLogVerbosity, type UntypedHandleCall } from '@grpc/grpc-js';
import { TaxonError } from '@taxon/errors';
import type { Logger } from 'pino';
import { adaptHandler } from './adapt-handler.ts';
import { contractName, type CallContext, type Contract } from './contract.ts';
import { bearerCheck, serverCredentials } from './credentials.ts';
import type { Lifecycle } from './lifecycle.ts';
import { listenError } from './listen-error.ts';
import type { CallMetrics } from './metrics.ts';
import { observeCalls } from './observe-calls.ts';
import type { ServerConfig } from './server-config.ts';

/** A contract with its handlers, which may be set after the server listens, but before it is ready. */
export interface Mounted {
  contract: Contract;
  log: Logger;
  handlers: () => Readonly<Record<string, unknown>>;
}

export interface GrpcServer {
  readonly port: number;
  /** Resolves when no call is under way, health and reflection aside, or when `milliseconds` have passed. */
  idle(milliseconds: number): Promise<boolean>;
  /** Ends what is still open and releases the port. */
  close(): Promise<void>;
}

/** How long the last answers have to reach their callers once every handler has ended, milliseconds. */
const flushTime = 1000;

const notReady = (lifecycle: Lifecycle): TaxonError | undefined =>
  lifecycle.state === 'ready'
    ? undefined
    : new TaxonError({ code: 'unavailable', message: `the server is ${lifecycle.state}; try again` });

const adaptContract = ({ contract, log, handlers }: Mounted): Record<string, UntypedHandleCall> =>
  Object.fromEntries(
    Object.entries(contract).map(([name, method]) => {
      const handler = (request: never, context: CallContext): unknown =>
        (handlers()[name] as (request: never, context: CallContext) => unknown)(request, context);
      return [name, adaptHandler(method, handler, log.child({ service: contractName(contract), method: name }))];
    }),
  );

const bind = async (server: Server, config: ServerConfig): Promise<number> => {
  const credentials = await serverCredentials(config);
  // An IPv6 address stands in brackets before its port.
  const host = config.host.includes(':') ? `[${config.host}]` : config.host;
  return new Promise((resolve, reject) => {
    server.bindAsync(`${host}:${config.port}`, credentials, (error, port) => {
      if (error === null) resolve(port);
      else reject(listenError('port', config, error));
    });
  });
};

const closeServer = (server: Server): Promise<void> =>
  new Promise((resolve) => {
    const force = setTimeout(() => {
      server.forceShutdown();
      resolve();
    }, flushTime);
    server.tryShutdown(() => {
      clearTimeout(force);
      resolve();
    });
  });

/** One grpc-js server with every mounted contract. */
export const startGrpcServer = async (
  config: ServerConfig,
  mounted: readonly Mounted[],
  { lifecycle, metrics, log }: { lifecycle: Lifecycle; metrics: CallMetrics; log: Logger },
): Promise<GrpcServer> => {
  // All that grpc-js would print to standard error reaches us as an error of the call that it belongs to.
  setLogVerbosity(logVerbosity.NONE);
  const authorize = bearerCheck(config.token);
  const idleListeners = new Set<() => void>();
  const inFlight = { count: 0, onIdle: () => [...idleListeners].forEach((listener) => listener()) };
  const interceptor = observeCalls({
    metrics,
    log,
    inFlight,
    admit: (metadata, service) =>
      authorize(metadata) ?? (service.startsWith('grpc.') ? undefined : notReady(lifecycle)),
  });
  const server = new Server({
    interceptors: [interceptor],
    'grpc.max_receive_message_length': config.maxMessageBytes,
    'grpc.max_send_message_length': config.maxMessageBytes,
  });
  for (const each of mounted) server.addService(each.contract, adaptContract(each));
  const port = await bind(server, config);

  return {
    port,
    idle: (milliseconds) =>
      new Promise((resolve) => {
        if (inFlight.count === 0) return resolve(true);
        const settle = (idle: boolean) => {
          clearTimeout(timer);
          idleListeners.delete(onIdle);
          resolve(idle);
        };
        const onIdle = () => settle(true);
        const timer = setTimeout(() => settle(false), milliseconds);
        idleListeners.add(onIdle);
      }),
    close: () => closeServer(server),
  };
};
