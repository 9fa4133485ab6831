import type { Metadata } from '@grpc/grpc-js';
import type { Logger } from 'pino';

/** One method as ts-proto writes it; structurally a grpc-js MethodDefinition. */
interface Method {
  path: string;
  requestStream: boolean;
  responseStream: boolean;
  // `any` in the parameters alone: a method of a narrower message must be assignable here.
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  requestSerialize: (value: any) => Buffer;
  requestDeserialize: (bytes: Buffer) => unknown;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  responseSerialize: (value: any) => Buffer;
  responseDeserialize: (bytes: Buffer) => unknown;
}

/** A service's methods by name, e.g. `inferenceContract` of `@taxon/contracts`. */
export type Contract = Readonly<Record<string, Method>>;

/** What a handler is told beside the request. */
export interface CallContext {
  /**
   * Aborts when the caller goes away, its deadline passes, or the host's drain limit is reached; `reason` is a TaxonError
   * (`cancelled` or `deadline_exceeded`). Never aborts after the call has ended.
   */
  readonly signal: AbortSignal;
  /** The caller's deadline. */
  readonly deadline: Date | undefined;
  /** Writes the request's id with every line. */
  readonly log: Logger;
  /** As sent by the caller in `x-request-id`, else made up. */
  readonly requestId: string;
  readonly metadata: Metadata;
}

type RequestOf<M extends Method> = ReturnType<M['requestDeserialize']>;
type ResponseOf<M extends Method> = ReturnType<M['responseDeserialize']>;

/**
 * A method's handler: plain async functions and async iterables, whatever mix of streams the method has. The requests of
 * a cancelled call may throw the signal's reason or just end: a grpc-js client says that it has sent all before it says
 * that it has cancelled.
 */
export type Handler<M extends Method> = (
  request: M['requestStream'] extends true ? AsyncIterable<RequestOf<M>> : RequestOf<M>,
  context: CallContext,
) => M['responseStream'] extends true ? AsyncIterable<ResponseOf<M>> : Promise<ResponseOf<M>> | ResponseOf<M>;

/** A handler for every method of a contract. */
export type Implementation<C extends Contract> = { readonly [K in keyof C]: Handler<C[K]> };

/** `taxon.inference.v1.InferenceService` out of `/taxon.inference.v1.InferenceService/Classify`. */
export const contractName = (contract: Contract): string => Object.values(contract)[0]!.path.split('/')[1]!;
