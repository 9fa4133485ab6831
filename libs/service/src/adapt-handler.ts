import { once, setMaxListeners } from 'node:events';
import type {
  Deadline,
  Metadata,
  ServerDuplexStream,
  ServerReadableStream,
  ServerUnaryCall,
  ServerWritableStream,
  UntypedHandleCall,
  sendUnaryData,
} from '@grpc/grpc-js';
import { TaxonError } from '@taxon/errors';
import type { Logger } from 'pino';
import type { CallContext } from './contract.ts';
import { toGrpcStatus } from './grpc-status.ts';

/** What grpc-js's four kinds of calls have in common. */
interface AnyCall {
  metadata: Metadata;
  getDeadline(): Deadline;
  once(event: 'cancelled', listener: () => void): unknown;
}

/** grpc-js's timer may fire this much before the clock shows the deadline, milliseconds. */
const timerTolerance = 5;

interface Running {
  context: CallContext;
  finish: () => void;
}

const requestIdOf = (metadata: Metadata): string => String(metadata.get('x-request-id')[0] ?? '');

const begin = (call: AnyCall, log: Logger): Running => {
  const controller = new AbortController();
  // A stream's handler may have many messages under way, each of which listens: that is no leak to warn of.
  setMaxListeners(0, controller.signal);
  let finished = false;
  const limit = call.getDeadline();
  const deadline = limit === Infinity ? undefined : new Date(limit);
  // grpc-js emits `cancelled` at the end of every call, a successful one included.
  call.once('cancelled', () => {
    if (finished) return;
    const late = deadline !== undefined && Date.now() >= deadline.getTime() - timerTolerance;
    controller.abort(
      late
        ? new TaxonError({ code: 'deadline_exceeded', message: 'the deadline of the call has passed' })
        : new TaxonError({ code: 'cancelled', message: 'the caller has cancelled the call or gone away' }),
    );
  });
  const requestId = requestIdOf(call.metadata);
  const context: CallContext = {
    signal: controller.signal,
    deadline,
    log: log.child({ requestId }),
    requestId,
    metadata: call.metadata,
  };
  return { context, finish: () => void (finished = true) };
};

/** What the caller may know of a failure: our own errors whole, of a bug nothing but where to look. */
const failure = (error: unknown, { signal, log, requestId }: CallContext) => {
  if (signal.aborted) return toGrpcStatus(TaxonError.from(signal.reason));
  const known = TaxonError.from(error);
  if (known.code !== 'internal') return toGrpcStatus(known);
  log.error({ err: error }, 'handler failed');
  return toGrpcStatus(
    new TaxonError({
      code: 'internal',
      message: `internal error; the service's log has it under request ${requestId}`,
    }),
  );
};

/** The caller's messages; a cancelled call throws the signal's reason here. */
async function* requestsOf(call: AsyncIterable<unknown> & { iterator?: unknown }, signal: AbortSignal) {
  const stream = call as unknown as { iterator(options: { destroyOnReturn: boolean }): AsyncIterable<unknown> };
  try {
    // A handler that stops reading early still has answers to send, so the stream must outlive the loop.
    yield* stream.iterator({ destroyOnReturn: false });
    signal.throwIfAborted();
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  }
}

const unary =
  (handler: (request: unknown, context: CallContext) => unknown, streamed: boolean, log: Logger) =>
  (call: ServerUnaryCall<unknown, unknown> | ServerReadableStream<unknown, unknown>, reply: sendUnaryData<unknown>) => {
    const { context, finish } = begin(call, log);
    const answer = async () => {
      try {
        const request = streamed
          ? requestsOf(call as ServerReadableStream<unknown, unknown>, context.signal)
          : (call as ServerUnaryCall<unknown, unknown>).request;
        const response = await handler(request, context);
        finish();
        reply(null, response);
      } catch (error) {
        const status = failure(error, context);
        finish();
        reply(status);
      }
    };
    void answer();
  };

const streaming =
  (handler: (request: unknown, context: CallContext) => AsyncIterable<unknown>, streamed: boolean, log: Logger) =>
  (call: ServerWritableStream<unknown, unknown> | ServerDuplexStream<unknown, unknown>) => {
    const { context, finish } = begin(call, log);
    const { signal } = context;
    const answer = async () => {
      try {
        const request = streamed
          ? requestsOf(call as ServerDuplexStream<unknown, unknown>, signal)
          : (call as ServerWritableStream<unknown, unknown>).request;
        for await (const response of handler(request, context)) {
          signal.throwIfAborted();
          // A slow reader slows the handler down instead of filling our memory.
          if (!call.write(response)) await once(call, 'drain', { signal });
        }
        signal.throwIfAborted();
        finish();
        call.end();
      } catch (error) {
        const status = failure(error, context);
        finish();
        // grpc-js's way to end a stream with a status; it has no listener left, and needs none, once the call is cancelled.
        if (!signal.aborted) call.emit('error', status);
      }
    };
    void answer();
  };

/** Wraps an async handler for grpc-js. This is the only place that knows grpc-js's callbacks and streams. */
export const adaptHandler = (
  method: { requestStream: boolean; responseStream: boolean },
  handler: (request: never, context: CallContext) => unknown,
  log: Logger,
): UntypedHandleCall => {
  const loose = handler as (request: unknown, context: CallContext) => unknown;
  return method.responseStream
    ? (streaming(
        loose as (request: unknown, context: CallContext) => AsyncIterable<unknown>,
        method.requestStream,
        log,
      ) as UntypedHandleCall)
    : (unary(loose, method.requestStream, log) as UntypedHandleCall);
};
