import { servingAlias, shadowAlias } from '@taxon/app-inference/shared';
import {
  RequestState,
  Verdict,
  type Decision,
  type GetStatusRequest,
  type GetStatusResponse,
  type MonitorRequest,
} from '@taxon/contracts';
import { TaxonError } from '@taxon/errors';
import type { Registry } from '@taxon/registry';
import type { Observations } from './observations.ts';
import type { DecisionRecord, Records, RequestRecord } from './records.ts';

const states = {
  open: RequestState.REQUEST_STATE_OPEN,
  comparing: RequestState.REQUEST_STATE_COMPARING,
  decided: RequestState.REQUEST_STATE_DECIDED,
  failed: RequestState.REQUEST_STATE_FAILED,
} as const;

const verdicts = {
  promote: Verdict.VERDICT_PROMOTED,
  shadow: Verdict.VERDICT_SHADOWED,
  refuse: Verdict.VERDICT_REFUSED,
  'roll back': Verdict.VERDICT_ROLLED_BACK,
} as const;

const toRequestMessage = ({ id, at, reason, state, version = 0, problem = '' }: RequestRecord): MonitorRequest => ({
  ...{ requestId: id, time: at, reason, version, problem },
  state: states[state],
});

const toDecisionMessage = ({ at, version, verdict, reason, comparisons }: DecisionRecord): Decision => ({
  ...{ time: at, version, reason, comparisons },
  verdict: verdicts[verdict],
});

export interface StatusOptions {
  registry: Registry;
  records: Records;
  observations: Observations;
}

/** A request is decided for others once the registry says so, too. */
const asTold = (request: RequestRecord, records: Records): RequestRecord => {
  const { state, model, version } = request;
  if (state !== 'decided' || records.newestDecision(model, version)?.applied !== false) return request;
  return { ...request, state: 'comparing' };
};

/** The newest request and decision, or those that are asked for. */
const latestOf = ({ model, requestId }: GetStatusRequest, records: Records) => {
  const request = requestId === '' ? records.newestRequest(model) : records.request(requestId);
  const told = request && asTold(request, records);
  if (requestId === '') return { request: told, decision: records.newestDecision(model) };
  if (told?.model !== model)
    throw new TaxonError({ code: 'not_found', message: `request_id: ${model} has no request '${requestId}'` });
  return {
    request: told,
    decision: told.version === undefined ? undefined : records.newestDecision(model, told.version),
  };
};

/** @throws TaxonError `not_found` with the nearest name, and for a request that the model does not have */
export const statusOf = async (
  asked: GetStatusRequest,
  { registry, records, observations }: StatusOptions,
): Promise<GetStatusResponse> => {
  const { model } = asked;
  const { aliases } = await registry.describe(model);
  const version = aliases.get(servingAlias) ?? 0;
  const rows = observations.rows(model);
  const { drift } = records.version(model, version);
  const judged = observations.judged(model, version);
  const { request, decision } = latestOf(asked, records);
  return {
    ...{ model, servingVersion: version, shadowVersion: aliases.get(shadowAlias) ?? 0 },
    ...{ newRows: rows.unlearnt, heldOutRows: rows.heldOut, judged: judged.n, judgedRight: judged.right },
    drift: drift && { model, version, n: drift.n, figures: drift.figures, limits: drift.limits, beyond: drift.beyond },
    lastRequest: request && toRequestMessage(request),
    lastDecision: decision && toDecisionMessage(decision),
  };
};
