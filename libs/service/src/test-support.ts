import { Metadata, credentials, type ServiceError } from '@grpc/grpc-js';
import { TokenizerClient, TrainerClient, tokenizerContract, trainerContract } from '@taxon/contracts';
import { Counter } from 'prom-client';
import { z } from 'zod';
import type { CallContext, Implementation } from './contract.ts';
import { defineService } from './define-service.ts';
import { hostServices, type Host, type HostOptions } from './host.ts';

/** Settings under which tests run side by side. */
export const freePorts = { port: 0, metricsPort: 0, logLevel: 'silent' };

type TokenizerHandlers = Implementation<typeof tokenizerContract>;

/** One id a text: its length. */
export const lengths = (texts: readonly string[]) => ({ encodings: texts.map(({ length }) => ({ ids: [length] })) });

export const echoHandlers: TokenizerHandlers = {
  tokenize: ({ texts }) => lengths(texts),
  tokenizeStream: async function* (requests) {
    for await (const { texts } of requests) yield lengths(texts);
  },
  describe: () => ({ encoder: 'echo', vocabularySize: 1 }),
};

/** A real service on a real contract whose work is trivial; tests replace single handlers. */
export const echoService = (
  handlers: Partial<TokenizerHandlers> = {},
  hooks: { drain?: () => void; dispose?: () => Promise<void> } = {},
) =>
  defineService({
    name: 'tokenizer',
    description: 'answers with the lengths of the texts',
    contracts: { tokenizer: tokenizerContract },
    config: z.object({
      greeting: z.string().default('hello').describe('said at the start'),
      maxTexts: z.int().min(1).max(10).default(5).describe('texts a request'),
      loud: z.boolean().default(false).describe('says it twice'),
      models: z.array(z.string()).default([]).describe('what to load'),
    }),
    metrics: (registry) => ({
      texts: new Counter({ name: 'taxon_tokenizer_texts_total', help: 'texts', registers: [registry] }),
    }),
    start: ({ metrics }) =>
      Promise.resolve({
        implementations: {
          tokenizer: {
            ...echoHandlers,
            tokenize: (request, context) => {
              metrics.texts.inc(request.texts.length);
              return (handlers.tokenize ?? echoHandlers.tokenize)(request, context);
            },
            ...(handlers.tokenizeStream && { tokenizeStream: handlers.tokenizeStream }),
          },
        },
        ...hooks,
      }),
  });

/** A second service, whose contract has a server stream. */
export const watchService = (watch: Implementation<typeof trainerContract>['watchTraining']) =>
  defineService({
    name: 'trainer',
    description: 'streams what it is told to',
    contracts: { trainer: trainerContract },
    config: z.object({ greeting: z.string().default('hi') }),
    metrics: () => undefined,
    start: () => {
      const unused = (): never => {
        throw new Error('not used in this test');
      };
      return Promise.resolve({
        implementations: {
          trainer: {
            startTraining: unused,
            cancelTraining: unused,
            getTraining: unused,
            listTrainings: unused,
            watchTraining: watch,
          },
        },
      });
    },
  });

export interface TestHost {
  host: Host;
  client: InstanceType<typeof TokenizerClient>;
  trainer: InstanceType<typeof TrainerClient>;
  address: string;
  /** A page of the HTTP endpoints. */
  page: (path: string) => Promise<{ status: number; body: string }>;
}

const open: (() => Promise<void>)[] = [];

/** Hosts services on free ports with plain clients to them; `stopTestHosts` ends all. */
export const startTestHost = async (
  services: Parameters<typeof hostServices>[0] = [echoService()],
  options: HostOptions = {},
  server: Record<string, unknown> = {},
): Promise<TestHost> => {
  const host = await hostServices(services, {
    ...options,
    settings: { server: { ...freePorts, ...server }, ...options.settings },
  });
  const address = `127.0.0.1:${host.port}`;
  const client = new TokenizerClient(address, credentials.createInsecure());
  const trainer = new TrainerClient(address, credentials.createInsecure());
  open.push(() => {
    client.close();
    trainer.close();
    return host.stop();
  });
  const page = async (path: string) => {
    const response = await fetch(`http://127.0.0.1:${host.metricsPort}${path}`);
    return { status: response.status, body: await response.text() };
  };
  return { host, client, trainer, address, page };
};

export const stopTestHosts = async (): Promise<void> => {
  await Promise.all(open.splice(0).map((stop) => stop()));
};

/** A unary call as a promise that rejects with grpc-js's error. */
export const tokenize = (
  client: TestHost['client'],
  texts: string[],
  { metadata, ...options }: { metadata?: Metadata; deadline?: number } = {},
) =>
  new Promise<number[]>((resolve, reject) => {
    const done = (error: ServiceError | null, response: { encodings: { ids: number[] }[] }) =>
      error === null ? resolve(response.encodings.map(({ ids }) => ids[0]!)) : reject(error);
    client.tokenize({ texts }, metadata ?? new Metadata(), options, done);
  });

/** The error that a call must end with. */
export const failureOf = async (call: Promise<unknown>): Promise<ServiceError> => {
  try {
    await call;
  } catch (error) {
    return error as ServiceError;
  }
  throw new Error('the call succeeded');
};

/** Resolves with the signal's reason once it aborts. */
export const aborted = ({ signal }: CallContext): Promise<unknown> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve(signal.reason);
    else signal.addEventListener('abort', () => resolve(signal.reason), { once: true });
  });

/** A promise and its hands. */
export const deferred = <T = void>() => {
  let resolve!: (value: T) => void;
  const promise = new Promise<T>((settle) => (resolve = settle));
  return { promise, resolve };
};
