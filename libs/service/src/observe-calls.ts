import { randomUUID } from 'node:crypto';
import { ServerInterceptingCall, status as codes, type Metadata, type ServerInterceptor } from '@grpc/grpc-js';
import type { TaxonError } from '@taxon/errors';
import type { Logger } from 'pino';
import type { CallMetrics } from './metrics.ts';
import { statusMessage, toGrpcStatus } from './grpc-status.ts';

type Status = Parameters<ServerInterceptingCall['sendStatus']>[0];

export interface CallObserver {
  metrics: CallMetrics;
  log: Logger;
  /** Decides before any handler runs; an error refuses the call. Health checks are never asked. */
  admit: (metadata: Metadata, service: string) => TaxonError | undefined;
  /** Calls under way that a drain waits for: all but health and reflection. */
  inFlight: { count: number; onIdle: () => void };
}

/** grpc-js's own wording for a message over the limit, received or sent, and ours: both numbers, and what to turn. */
const oversize =
  /^(Received|Sent) message (?:larger than max \((\d+) vs\.? (\d+)\)|that decompresses to a size larger than (\d+))$/;
const clearer = (status: Status): Status => {
  const [, direction, size, limit, inflated] = oversize.exec(status.details) ?? [];
  if (direction === undefined) return status;
  const which = direction === 'Received' ? 'message' : 'response message';
  const text =
    inflated === undefined
      ? `${which} size ${size!} is larger than the limit ${limit!} bytes (maxMessageBytes); send fewer texts at once`
      : `${which} decompresses to more than the limit ${inflated} bytes (maxMessageBytes); send fewer texts at once`;
  return { ...status, details: text };
};

const requestIdKey = 'x-request-id';
// Ids come from outside and end up in logs and messages.
const plausibleId = /^[\w.:-]{1,128}$/;

const ensureRequestId = (metadata: Metadata): string => {
  const sent = String(metadata.get(requestIdKey)[0] ?? '');
  if (plausibleId.test(sent)) return sent;
  const id = randomUUID();
  metadata.set(requestIdKey, id);
  return id;
};

/** Every call passes here: it is admitted or refused, counted, timed and logged, whoever ends it and however. */
export const observeCalls =
  ({ metrics, log, admit, inFlight }: CallObserver): ServerInterceptor =>
  (method, call) => {
    const [, service = '', name = ''] = method.path.split('/');
    const system = service.startsWith('grpc.');
    const started = performance.now();
    let requestId = '';
    let code: codes | undefined;

    // grpc-js ends a call on its own for a passed deadline or a message over the limit, below all interceptors; its lowest
    // call object is where every ending meets.
    const send = call.sendStatus.bind(call);
    call.sendStatus = (status) => {
      const final = clearer(status);
      code ??= final.code;
      send({ ...final, details: statusMessage(final.details) });
    };

    const end = () => {
      const seconds = (performance.now() - started) / 1000;
      const ended = codes[code ?? codes.CANCELLED];
      metrics.ended(service, name, ended, seconds);
      const line = {
        service,
        method: name,
        code: ended,
        ms: Math.round(seconds * 1e4) / 10,
        requestId,
        peer: call.getPeer(),
      };
      if (ended === 'INTERNAL' || ended === 'UNKNOWN') log.error(line, 'call');
      else if (system) log.debug(line, 'call');
      else log.info(line, 'call');
      if (!system && --inFlight.count === 0) inFlight.onIdle();
    };

    return new ServerInterceptingCall(call, {
      start: (next) =>
        next({
          // The first thing a live call does; one that was cancelled before this gets no `onCancel` either.
          onReceiveMetadata: (metadata, proceed) => {
            metrics.started(service, name);
            if (!system) inFlight.count++;
            requestId = ensureRequestId(metadata);
            const refusal = service === 'grpc.health.v1.Health' ? undefined : admit(metadata, service);
            if (refusal === undefined) proceed(metadata);
            else call.sendStatus(toGrpcStatus(refusal));
          },
          // Called once at the end of every call, a successful one included.
          onCancel: () => {
            end();
          },
        }),
    });
  };
