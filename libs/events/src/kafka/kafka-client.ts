import { readFile } from 'node:fs/promises';
import { connect, isIP, type Socket } from 'node:net';
import { connect as connectTls, type ConnectionOptions } from 'node:tls';
import { TaxonError, invalidInput } from '@taxon/errors';
import { Kafka, logLevel, type ISocketFactory, type LogEntry, type SASLOptions } from 'kafkajs';
import { fatalSocketError, kafkaError } from './kafka-errors.ts';
import { saslMechanisms, type KafkaOptions, type KafkaTls } from './kafka-options.ts';

/** A client of its own for a producer, a consumer or an admin, so that each can be ended at once. */
export interface KafkaClient {
  readonly kafka: Kafka;
  /** Why no waiting helps: TLS cannot be agreed on. */
  readonly fatal: TaxonError | undefined;
  /** Whether any broker is connected. */
  readonly isConnected: () => boolean;
  /** kafkajs's error, or the one behind it, in our terms. */
  readonly asError: (error: unknown, doing: string) => TaxonError;
  /** Breaks its connections and ends what kafkajs still tries: it cannot be stopped otherwise while brokers are away. */
  readonly kill: () => void;
}

const readPem = async (option: keyof KafkaTls, path: string): Promise<string> => {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw invalidInput(`events.${option}File is '${path}', which cannot be read: ${why}`);
  }
};

const tlsOf = async (tls: KafkaOptions['tls']): Promise<ConnectionOptions | undefined> => {
  if (tls === undefined || tls === false) return undefined;
  const { ca, cert, key } = tls === true ? {} : tls;
  if ((cert === undefined) !== (key === undefined))
    throw invalidInput('events.certFile and events.keyFile belong together; one of them is missing');
  return {
    ...(ca !== undefined && { ca: await readPem('ca', ca) }),
    ...(cert !== undefined && { cert: await readPem('cert', cert) }),
    ...(key !== undefined && { key: await readPem('key', key) }),
  };
};

const saslOf = ({ sasl }: KafkaOptions): SASLOptions | undefined => {
  if (sasl === undefined) return undefined;
  if (!saslMechanisms.includes(sasl.mechanism))
    throw invalidInput(`events.saslMechanism is '${sasl.mechanism}'; it must be one of ${saslMechanisms.join(', ')}`);
  for (const option of ['username', 'password'] as const)
    if (sasl[option] === '')
      throw invalidInput(`events.${option === 'username' ? 'saslUsername' : 'saslPassword'} is empty`);
  return { ...sasl };
};

/** A message that comes again within this time, in ms, is not logged again: kafkajs tells of every attempt to connect. */
const quietTime = 10_000;

/** What kafkajs calls errors are what it goes on after; those that it does not go on after are thrown. */
const quietWarnings = (warn: NonNullable<KafkaOptions['warn']>) => {
  const said = new Map<string, number>();
  return ({ namespace, log: entry }: LogEntry): void => {
    const { message } = entry;
    const now = performance.now();
    if (now - (said.get(message) ?? -Infinity) < quietTime) return;
    if (said.size > 100) said.clear();
    said.set(message, now);
    const fields = Object.entries(entry).filter(
      ([name]) => !['message', 'timestamp', 'stack', 'logger'].includes(name),
    );
    warn(`kafka: ${message}`, { part: namespace, ...Object.fromEntries(fields) });
  };
};

const checkBrokers = (brokers: readonly string[]): void => {
  if (brokers.length === 0) throw invalidInput('events.url is empty; it must name at least one broker as host:port');
  for (const broker of brokers)
    if (!/^[^\s:]+:\d{1,5}$/u.test(broker)) throw invalidInput(`events.url has '${broker}', which is not host:port`);
};

/** Of all connections of one client: they can be broken together, and what TLS refuses is seen. */
const createSockets = (fail: (error: TaxonError) => void) => {
  const open = new Set<Socket>();
  const up = new Set<Socket>();
  let killed = false;
  const factory: ISocketFactory = ({ host, port, ssl, onConnect }) => {
    if (killed) throw new Error('closed');
    const tls = ssl as ConnectionOptions | undefined;
    const serverName = isIP(host) === 0 ? { servername: host } : {};
    const connected = (): void => {
      up.add(socket);
      onConnect();
    };
    const socket = tls
      ? connectTls({ host, port, ...serverName, ...tls }, connected)
      : connect({ host, port }, connected);
    // A commit behind a fetch would wait for the other side's delayed acknowledgement, 40 ms.
    socket.setNoDelay(true).setKeepAlive(true, 60_000);
    socket.on('error', (error: NodeJS.ErrnoException) => {
      const fatal = killed ? undefined : fatalSocketError(error, `${host}:${port}`, tls !== undefined);
      if (fatal !== undefined) fail(fatal);
    });
    // Where a broker ends a connection in good order, kafkajs forgets the broker, and a consumer whose only broker that was ends. It
    // keeps it, and its place in the group, where the connection breaks.
    socket.once('end', () =>
      socket.emit('error', Object.assign(new Error('ended by the broker'), { code: 'ECONNRESET' })),
    );
    open.add(socket);
    socket.once('close', () => {
      open.delete(socket);
      up.delete(socket);
    });
    return socket;
  };
  const kill = (): void => {
    killed = true;
    // kafkajs hears of errors and of ends alone.
    for (const socket of open) socket.destroy(new Error('closed'));
  };
  return { factory, kill, isConnected: () => up.size > 0 };
};

export type OpenClient = () => Promise<KafkaClient>;

/**
 * Checks the options at once.
 * @returns opens clients, each with connections of its own
 * @throws TaxonError `invalid_input` naming the option
 */
export const clientOpener = (options: KafkaOptions): OpenClient => {
  const { brokers, clientId = 'taxon', tls, warn } = options;
  checkBrokers(brokers);
  const sasl = saslOf(options);
  const ssl = tlsOf(tls);
  const say = warn === undefined ? undefined : quietWarnings(warn);
  ssl.catch(() => undefined);

  return async () => {
    const tlsOptions = await ssl;
    let fatal: TaxonError | undefined;
    let killed = false;
    const kill = (): void => {
      killed = true;
      sockets.kill();
    };
    const sockets = createSockets((error) => {
      fatal ??= error;
      kill();
    });
    const kafka = new Kafka({
      // Without brokers kafkajs gives up; nothing else makes it.
      brokers: () => (killed ? [] : [...brokers]),
      clientId,
      ssl: tlsOptions,
      sasl: sasl === undefined ? undefined : { ...sasl },
      connectionTimeout: 5_000,
      socketFactory: sockets.factory,
      // kafkajs's own end a consumer when its broker restarts.
      retry: { initialRetryTime: 100, maxRetryTime: 1_000, retries: Number.MAX_SAFE_INTEGER },
      logLevel: warn === undefined ? logLevel.NOTHING : logLevel.WARN,
      // The last ones would be of what `kill` broke.
      logCreator: () => (entry) => killed || say?.(entry),
    });
    return {
      kafka,
      get fatal() {
        return fatal;
      },
      isConnected: sockets.isConnected,
      asError: (error, doing) => fatal ?? kafkaError(error, doing),
      kill,
    };
  };
};
