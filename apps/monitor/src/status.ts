import { servingAlias, shadowAlias } from '@taxon/app-inference/shared';
import { RequestState, Verdict, type Decision, type GetStatusResponse, type MonitorRequest } from '@taxon/contracts';
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

/** @throws TaxonError `not_found` with the nearest name */
export const statusOf = async (
  model: string,
  { registry, records, observations }: StatusOptions,
): Promise<GetStatusResponse> => {
  const { aliases } = await registry.describe(model);
  const version = aliases.get(servingAlias) ?? 0;
  const rows = observations.rows(model);
  const { drift } = records.version(model, version);
  const judged = observations.judged(model, version);
  const [request, decision] = [records.newestRequest(model), records.newestDecision(model)];
  return {
    ...{ model, servingVersion: version, shadowVersion: aliases.get(shadowAlias) ?? 0 },
    ...{ newRows: rows.unlearnt, heldOutRows: rows.heldOut, judged: judged.n, judgedRight: judged.right },
    drift: drift && { model, version, n: drift.n, figures: drift.figures, limits: drift.limits, beyond: drift.beyond },
    lastRequest: request && toRequestMessage(request),
    lastDecision: decision && toDecisionMessage(decision),
  };
};
