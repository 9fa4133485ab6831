import { readFile } from 'node:fs/promises';
import {
  credentials,
  Metadata,
  status as codes,
  type CallOptions,
  type ChannelCredentials,
  type Client,
  type ClientUnaryCall,
  type ServiceError,
} from '@grpc/grpc-js';
import { invalidInput, TaxonError } from '@taxon/errors';
import { fromGrpcError } from './grpc-status.ts';

export interface ConnectOptions {
  /** `HOST:PORT` */
  address: string;
  /** Bearer token, where the service asks for one. */
  token?: string;
  /** TLS with the system's authorities; any of the files below means TLS, too. */
  tls?: boolean;
  /** PEM file with the authorities that the service's certificate is checked against. */
  tlsCa?: string;
  /** PEM files of a certificate of the caller's own, where the service asks for one. */
  tlsCert?: string;
  tlsKey?: string;
}

/** What is called, for messages. */
export interface Called {
  /** such as `monitor` */
  name: string;
  /** What to do where nobody answers, or another service. */
  hint: string;
}

/** Sends one call. */
export type Send<Response> = (
  metadata: Metadata,
  options: CallOptions,
  done: (error: ServiceError | null, response: Response) => void,
) => ClientUnaryCall;

export interface Connection<C extends Client> extends Disposable {
  readonly client: C;
  /**
   * @throws TaxonError as the service threw it; `unavailable` naming the address where nobody answers; `failed_precondition` where
   *   what answers is another service
   */
  ask<Response>(send: Send<Response>, signal?: AbortSignal): Promise<Response>;
}

/** Seconds; the slowest call reads a model's folder from a bucket first. */
const patience = 120;

const read = (option: string, path: string | undefined): Promise<Buffer | null> =>
  path === undefined
    ? Promise.resolve(null)
    : readFile(path).catch((cause: unknown) => {
        throw invalidInput(`${option}: cannot read ${path}: ${cause instanceof Error ? cause.message : String(cause)}`);
      });

const channelCredentials = async (options: ConnectOptions): Promise<ChannelCredentials> => {
  const { tls = false, tlsCa, tlsCert, tlsKey } = options;
  if (!tls && tlsCa === undefined && tlsCert === undefined && tlsKey === undefined) return credentials.createInsecure();
  if ((tlsCert === undefined) !== (tlsKey === undefined))
    throw invalidInput(`${tlsCert === undefined ? '--tls-cert' : '--tls-key'}: missing; both or none`);
  const files = [read('--tls-ca', tlsCa), read('--tls-key', tlsKey), read('--tls-cert', tlsCert)] as const;
  const [authorities, key, cert] = await Promise.all(files);
  try {
    return credentials.createSsl(authorities, key, cert);
  } catch (cause) {
    throw invalidInput(`--tls-ca, --tls-cert, --tls-key: ${cause instanceof Error ? cause.message : String(cause)}`);
  }
};

/** `No connection established. Last error: Error: connect ECONNREFUSED …. Resolution note: ` without what says nothing. */
const reasonIn = (details: string): string =>
  details.replace(/^No connection established\. Last error: (Error: )?/u, '').replace(/\.? Resolution note:\s*$/u, '');

/** What of a failure is about the way to the service, in words that name it. */
const explain = (error: ServiceError, { name, hint }: Called, address: string): TaxonError => {
  const known = fromGrpcError(error);
  if (error.code === codes.UNIMPLEMENTED)
    return new TaxonError({ code: 'failed_precondition', message: `${address} serves no ${name}`, hint, cause: error });
  if (error.code === codes.UNAVAILABLE && known.hint === undefined)
    return new TaxonError({ code: 'unavailable', message: `no ${name} answers at ${address}: ${reasonIn(error.details)}`, hint, cause: error }); // prettier-ignore
  if (error.code === codes.UNAUTHENTICATED)
    return new TaxonError({ code: 'unauthenticated', message: `${address}: ${known.message}`, hint: 'Give it by --token, or TAXON_SERVER_TOKEN.', cause: error }); // prettier-ignore
  return known;
};

/**
 * A client of a service that runs elsewhere, for unary calls.
 * @throws TaxonError `invalid_input` naming the option
 */
export const connect = async <C extends Client>(
  client: new (address: string, credentials: ChannelCredentials) => C,
  called: Called,
  options: ConnectOptions,
): Promise<Connection<C>> => {
  if (!/^[^\s/]+:\d{1,5}$/u.test(options.address))
    throw invalidInput(`--address: '${options.address}' is no HOST:PORT`, 'such as 127.0.0.1:50051');
  const opened = new client(options.address, await channelCredentials(options));
  const metadata = new Metadata();
  if (options.token !== undefined) metadata.set('authorization', `Bearer ${options.token}`);
  return {
    client: opened,
    ask: <Response>(send: Send<Response>, signal?: AbortSignal) =>
      new Promise<Response>((resolve, reject) => {
        signal?.throwIfAborted();
        const cancel = (): void => call.cancel();
        const call = send(metadata, { deadline: Date.now() + 1000 * patience }, (error, response) => {
          signal?.removeEventListener('abort', cancel);
          if (error === null) resolve(response);
          else reject(signal?.aborted ? (signal.reason as Error) : explain(error, called, options.address));
        });
        signal?.addEventListener('abort', cancel, { once: true });
      }),
    [Symbol.dispose]: () => opened.close(),
  };
};
