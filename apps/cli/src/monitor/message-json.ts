import type { Decision, GetStatusResponse, MonitorRequest } from '@taxon/contracts';

/** `REQUEST_STATE_DECIDED` → `decided`. */
export const wordOf = (constant: string): string =>
  constant
    .replace(/^(REQUEST_STATE|VERDICT|TRIGGER)_/u, '')
    .toLowerCase()
    .replaceAll('_', ' ');

/** Protobuf's 0 stands for none. */
const version = (number: number): number | undefined => (number === 0 ? undefined : number);

export const requestJson = ({ requestId, time, reason, state, ...request }: MonitorRequest) => ({
  ...{ requestId, time, state: wordOf(state) },
  reason: reason && { ...reason, trigger: wordOf(reason.trigger) },
  version: version(request.version),
  problem: request.problem === '' ? undefined : request.problem,
});

export const decisionJson = ({ time, version, verdict, reason, comparisons }: Decision) => ({
  ...{ time, version, verdict: wordOf(verdict), reason, comparisons },
});

export const statusJson = (status: GetStatusResponse) => {
  const { model, newRows, heldOutRows, judged, judgedRight, drift, lastRequest, lastDecision } = status;
  return {
    ...{ model, servingVersion: version(status.servingVersion), shadowVersion: version(status.shadowVersion) },
    ...{ newRows, heldOutRows, judged, judgedRight, drift },
    lastRequest: lastRequest && requestJson(lastRequest),
    lastDecision: lastDecision && decisionJson(lastDecision),
  };
};
