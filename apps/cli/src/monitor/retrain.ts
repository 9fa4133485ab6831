import { setTimeout } from 'node:timers/promises';
import type { Decision, GetStatusResponse, MonitorRequest, RequestTrainingResponse } from '@taxon/contracts';
import { TaxonError } from '@taxon/errors';
import { catchInterrupt } from '../interrupt.ts';
import { createView } from '../progress/create-view.ts';
import type { ProgressView } from '../progress/progress-view.ts';
import { formatDecision } from '../render/monitor.ts';
import { connectToMonitor, type ServiceOptions } from '../service-options.ts';
import { formatCommand } from '../shell.ts';
import type { Terminal } from '../terminal.ts';
import { decisionJson, requestJson } from './message-json.ts';

export interface RetrainOptions extends ServiceOptions {
  reason?: string;
  parent?: number;
  wait?: boolean;
  quiet?: boolean;
}

/** Milliseconds between two looks at a request; it takes the monitor some seconds to act in any case. */
const pause = 500;

interface Ended {
  request: MonitorRequest;
  /** Absent where somebody let it serve by hand before. */
  decision: Decision | undefined;
}

/** Follows a request until it is decided; stages are told as they begin. */
const follow = async (
  look: () => Promise<GetStatusResponse>,
  view: ProgressView,
  signal: AbortSignal,
): Promise<Ended> => {
  let stage = '';
  const begin = (next: string): void => {
    if (next !== stage) view.begin(next);
    stage = next;
  };
  for (;;) {
    const { model, lastRequest: request, lastDecision: decision } = await look();
    if (request?.state === 'REQUEST_STATE_FAILED')
      throw new TaxonError({
        code: 'failed_precondition',
        message: `${model}: ${request.problem}`,
        hint: 'Its rows stay for the next training.',
      });
    if (request?.state === 'REQUEST_STATE_DECIDED') {
      view.end();
      return { request, decision };
    }
    begin(request?.state === 'REQUEST_STATE_OPEN' ? 'train' : 'compare');
    await setTimeout(pause, undefined, { signal }).catch(() => signal.throwIfAborted());
  }
};

/** `taxon monitor retrain` */
export const retrain = async (terminal: Terminal, model: string, options: RetrainOptions): Promise<void> => {
  const { reason = '', parent: parentVersion = 0, wait = false, json } = options;
  const view = await createView(terminal, options);
  const interrupt = catchInterrupt();
  const { signal } = interrupt;
  try {
    using monitor = await connectToMonitor(options);
    const { client } = monitor;
    const { requestId } = await monitor.ask<RequestTrainingResponse>(
      (...call) => client.requestTraining({ model, reason, parentVersion }, ...call),
      signal,
    );
    if (!wait) {
      if (json) return terminal.out(JSON.stringify({ model, requestId }));
      terminal.out(`${model}  training asked for: ${requestId}`);
      return terminal.out(`next  ${formatCommand('taxon', 'monitor', 'status', model)}`);
    }
    view.note(`${model}: training asked for (${requestId}); Ctrl-C ends the waiting, not the training`);
    const look = () =>
      monitor.ask<GetStatusResponse>((...call) => client.getStatus({ model, requestId }, ...call), signal);
    const { request, decision } = await follow(look, view, signal);
    if (json)
      return terminal.out(
        JSON.stringify({ model, request: requestJson(request), decision: decision && decisionJson(decision) }),
      );
    if (decision === undefined) return terminal.out(`${model}  version ${request.version} serves already`);
    for (const line of formatDecision(model, decision)) terminal.out(line);
  } finally {
    view.abandon();
    interrupt.dispose();
  }
};
