import { randomUUID } from 'node:crypto';
import { servingAlias } from '@taxon/app-inference/shared';
import { monitorContract, Trigger } from '@taxon/contracts';
import type { LabelSpace } from '@taxon/data';
import { TaxonError } from '@taxon/errors';
import { describeModelFolder } from '@taxon/models';
import { checkTriggers } from '@taxon/monitoring';
import { openPlace, openRegistry } from '@taxon/registry';
import { defineService, type Implementation } from '@taxon/service';
import { createCandidates } from './candidates.ts';
import { createCheck } from './check-model.ts';
import { checkRows } from './check-rows.ts';
import { config } from './config.ts';
import { createDecisions } from './decisions.ts';
import { createGauges, createMetrics, type MonitorMetrics } from './metrics.ts';
import { createObservations, type Observations } from './observations.ts';
import { createOutbox } from './outbox.ts';
import { createRecords, type DecisionRecord } from './records.ts';
import { createRequests } from './requests.ts';
import { openMonitorDatabase } from './schema.ts';
import { servingOf } from './serving.ts';
import { statusOf, type StatusOptions } from './status.ts';
import { keepLooking } from './keep-looking.ts';

const source = '/monitor';
const group = 'taxon-monitor';

/** Events as they come, each with one effect. */
const handlersOf = (
  observations: Observations,
  requests: ReturnType<typeof createRequests>,
  { metrics, wake }: { metrics: MonitorMetrics; wake: () => void },
) => {
  const counted =
    <E extends { type: string }>(handle: (event: E) => Promise<void>) =>
    async (event: E): Promise<void> => {
      await handle(event);
      metrics.events.inc({ type: event.type });
    };
  const waking =
    <E>(handle: (event: E) => Promise<void>) =>
    async (event: E): Promise<void> => {
      await handle(event);
      wake();
    };
  return {
    'taxon.prediction.made': counted(observations.addPrediction),
    'taxon.feedback.given': counted(observations.addFeedback),
    'taxon.training.completed': counted(waking(requests.onCompleted)),
    'taxon.training.failed': counted(waking(requests.onFailed)),
  } as const;
};

interface Parts extends StatusOptions {
  /** Of what serves. */
  spaceOf: (model: string, signal: AbortSignal) => Promise<LabelSpace>;
  requests: ReturnType<typeof createRequests>;
  /** By hand: now, or an error says why not. */
  decideByHand: (
    decision: Pick<DecisionRecord, 'model' | 'version' | 'verdict' | 'reason'>,
    serving?: number,
  ) => Promise<DecisionRecord>;
  wake: () => void;
}

const implement = (parts: Parts): Implementation<typeof monitorContract> => {
  const { registry, observations, requests, decideByHand, spaceOf, wake } = parts;
  return {
    getStatus: (request) => statusOf(request, parts),
    addRows: async (request, { signal }) => {
      const rows = checkRows(request, await spaceOf(request.model, signal));
      const added = await observations.addRows(request.model, rows);
      wake();
      return { added, known: rows.length - added };
    },
    requestTraining: async ({ model, reason, parentVersion }) => {
      await registry.resolve(parentVersion === 0 ? model : `${model}@${parentVersion}`);
      const text = reason === '' ? 'by hand' : reason;
      const why = { trigger: Trigger.TRIGGER_BY_HAND, text, figures: {}, limits: {} };
      const requestId = await requests.ask(model, why, parentVersion);
      wake();
      return { requestId };
    },
    promote: async ({ model, version, reason }) => {
      await registry.resolve(`${model}@${version}`);
      const told = reason === '' ? 'by hand' : reason;
      const { serving } = await decideByHand({ model, version, verdict: 'promote', reason: told });
      return { version, previousVersion: serving };
    },
    rollBack: async ({ model, reason }) => {
      const serving = await servingOf(registry, model);
      if (serving?.previous === undefined)
        throw new TaxonError({
          code: 'failed_precondition',
          message: `${model}: no version is known to have served before ${serving?.version ?? 'any'}`,
          hint: `Promote the one that you want: taxon models alias ${model} ${servingAlias} VERSION`,
        });
      const told = reason === '' ? 'by hand' : reason;
      const { previous: version, version: fromVersion } = serving;
      await decideByHand({ model, version, verdict: 'roll back', reason: told }, fromVersion);
      return { version, fromVersion };
    },
  };
};

export const monitorService = defineService({
  name: 'monitor',
  description: 'watches what is served, asks for trainings, and promotes, refuses or rolls back what they make',
  contracts: { monitor: monitorContract },
  config,
  metrics: createMetrics,
  start: async ({ config, metrics, log, events: bus }) => {
    if (bus === undefined)
      throw new TaxonError({
        code: 'invalid_input',
        message: 'events: no bus; the monitor hears of answers and feedback by events',
        hint: 'Start it with --events.folder FOLDER or --events.url kafka://HOST:PORT.',
      });
    checkTriggers(config);
    const database = await openMonitorDatabase(config.stateFolder);
    const stopping = new AbortController();
    const { signal } = stopping;
    const registry = openRegistry(openPlace(config.registry));
    const records = createRecords(database);
    const observations = createObservations(database, config);
    const outbox = createOutbox(database, bus, source, ({ id, type }, problem) =>
      log.error({ err: problem, id, type }, 'event lost'),
    );
    const gauges = createGauges(metrics);
    const common = { config, database, records, observations, outbox, registry, metrics, gauges, signal, log };
    const requests = createRequests(common);
    const decisions = createDecisions(common);
    const candidates = createCandidates({ ...common, decisions });
    const check = createCheck({ ...common, requests, decisions });
    const looking = keepLooking({ ...common, candidates, decisions, check });
    const { wake } = looking;
    const subscription = bus.subscribe({
      group,
      handlers: handlersOf(observations, requests, { metrics, wake }),
      concurrency: 4,
      onError: (error) => log.warn({ err: error }, 'events'),
    });
    await database.write(() => records.freeRows());
    const decideByHand: Parts['decideByHand'] = async (asked, known) => {
      const serving = known ?? (await registry.describe(asked.model)).aliases.get(servingAlias) ?? 0;
      if (serving === asked.version)
        throw new TaxonError({
          code: 'failed_precondition',
          message: `${asked.model}: version ${serving} serves already`,
        });
      const record = {
        ...asked,
        id: randomUUID(),
        serving,
        comparisons: [],
        heldOut: 0,
        at: new Date(),
        applied: false as const,
        byHand: true,
      };
      await database.write(() => records.putDecision(record));
      const moved = await decisions.apply(record).catch(async (error: unknown) => {
        // Whoever asked hears of it: it is not done later, unasked.
        await database.write(() => records.putDecision({ ...record, applied: 'void' }));
        throw error;
      });
      if (!moved)
        throw new TaxonError({ code: 'failed_precondition', message: `${asked.model}: 'serving' was moved meanwhile; look again` }); // prettier-ignore
      wake();
      return record;
    };
    const spaces = new Map<string, LabelSpace>();
    const spaceOf: Parts['spaceOf'] = async (model, signal) => {
      const version = await registry.resolve(model);
      const key = `${model}@${version.version}`;
      const known = spaces.get(key) ?? (await describeModelFolder(await registry.checkOut(version, { signal }))).space!;
      spaces.set(key, known);
      return known;
    };
    return {
      implementations: {
        monitor: implement({ spaceOf, registry, records, observations, requests, decideByHand, wake }),
      },
      drain: () => stopping.abort(new TaxonError({ code: 'cancelled', message: 'the monitor is stopping' })),
      dispose: async () => {
        await subscription.close();
        await looking.idle();
        database[Symbol.dispose]();
      },
    };
  },
});
