import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { createEvent, type EventBus, type Handler, type TaxonEvent } from '@taxon/events';
import { TaxonError } from '@taxon/errors';
import { checkpointFolder, parseRecipe, prepareRetraining, keepDataParts, type Recipe } from '@taxon/training';
import type { Logger } from 'pino';
import { fromRecipeMessage } from '../recipe-message.ts';
import type { TrainingJob, TrainingJobs } from '../training-jobs.ts';
import type { ModelVersions } from './model-versions.ts';
import type { RequestRecord, RequestStore } from './request-store.ts';

export interface RetrainerOptions {
  bus: EventBus;
  versions: ModelVersions;
  jobs: TrainingJobs;
  requests: RequestStore;
  /** Where trainings are put while they run. */
  folder: string;
  log: Logger;
  /** Aborts when the service drains: what has not ended goes on with its next start. */
  signal: AbortSignal;
}

export interface Retrainer {
  /** Of `taxon.training.requested`: resolves once the request is durably queued. */
  readonly onRequested: Handler<'taxon.training.requested'>;
  /** Takes up what an earlier life left. */
  resume(): void;
  idle(): Promise<void>;
}

const source = '/trainer';
/** Milliseconds between two looks at a full queue. */
const queuePause = 2000;

/** Events of a request are derived from it: told twice, they are the same. */
const told = (requestId: string, what: string): string => `${requestId}/${what}`;

/** Trains models again because an event asks for it, and tells what came of it. */
export const createRetrainer = (options: RetrainerOptions): Retrainer => {
  const { bus, versions, jobs, requests, log, signal } = options;
  const running = new Map<string, Promise<void>>();
  const folderOf = (requestId: string): string =>
    join(options.folder, Buffer.from(requestId).toString('base64url').slice(0, 100));

  const publish = (...events: TaxonEvent[]): Promise<void> => bus.publish(events, { signal });

  const startJob = async (recipe: Recipe, resume: boolean): Promise<TrainingJob> => {
    for (;;)
      try {
        return jobs.start(recipe, resume);
      } catch (error) {
        if (TaxonError.from(error).code !== 'resource_exhausted') throw error;
        await setTimeout(queuePause, undefined, { signal });
      }
  };
  const ended = async ({ history }: TrainingJob): Promise<void> => {
    const events = history.follow(0n, signal);
    while (!(await events.next()).done);
  };

  const train = async ({ requestId, request }: RequestRecord): Promise<void> => {
    const { model } = request;
    const parent = await versions.checkOut(model, request.parentVersion);
    const folder = folderOf(requestId);
    const asked = request.recipe && parseRecipe(fromRecipeMessage(request.recipe));
    const rows = await versions.readRows(request.rows, folder);
    const { recipe, rows: added } = await prepareRetraining({
      parent: parent.folder,
      rows,
      folder,
      recipe: asked,
      signal,
    });
    log.info({ request: requestId, model, parent: parent.version, rows: added }, 'retraining');
    if (added !== undefined && added.unusable > 0)
      log.warn(
        { request: requestId, model, unusable: added.unusable, first: added.firstUnusable },
        'new rows left out that the recipe cannot learn from',
      );
    const common = { model, requestId, parentVersion: parent.version };
    const start = async (): Promise<TrainingJob> => {
      const resume = existsSync(checkpointFolder(recipe.output));
      const job = await startJob(recipe, resume);
      const started = { ...common, trainingId: job.id };
      await publish(createEvent('taxon.training.started', started, { source, id: told(requestId, 'started') }));
      await ended(job);
      if (!resume || job.error?.code !== 'failed_precondition') return job;
      // Its checkpoint is none that can be gone on from.
      await rm(checkpointFolder(recipe.output), { recursive: true, force: true });
      return start();
    };
    const job = await start();
    if (job.state !== 'succeeded') throw job.error ?? new TaxonError({ code: 'internal', message: 'no result' });
    await keepDataParts(recipe.output, recipe, signal);
    const candidate = { requestId, jobId: job.id, parent: parent.version, rows: request.rows, result: job.result };
    const version = await versions.register(model, recipe.output, { ...candidate, reason: request.reason?.text ?? '' });
    const validation = job.result?.validation;
    await publish(
      createEvent(
        'taxon.training.completed',
        { ...common, trainingId: job.id, version, validation },
        { source, id: told(requestId, 'completed') },
      ),
    );
    await rm(folder, { recursive: true, force: true });
  };

  const fail = async ({ requestId, request: { model } }: RequestRecord, error: TaxonError): Promise<void> => {
    const { code, message, hint } = error;
    const text = hint === undefined ? message : `${message} (${hint})`;
    const data = { model, requestId, trainingId: '', code, message: text };
    await publish(createEvent('taxon.training.failed', data, { source, id: told(requestId, 'failed') }));
  };

  /** Whatever happens, it happens again with the next start unless its end was told. */
  const see = async (record: RequestRecord): Promise<void> => {
    try {
      await train(record);
      await requests.save({ ...record, told: 'completed' });
    } catch (thrown) {
      if (signal.aborted) return;
      const error = TaxonError.from(thrown);
      log.warn({ request: record.requestId, err: error }, 'retraining failed');
      await fail(record, error);
      await requests.save({ ...record, told: 'failed' });
    }
  };
  const begin = (record: RequestRecord): void => {
    if (running.has(record.requestId)) return;
    const work = see(record)
      .catch((error: unknown) =>
        log.error({ request: record.requestId, err: error }, 'retraining is left for the next start'),
      )
      .finally(() => running.delete(record.requestId));
    running.set(record.requestId, work);
  };

  return {
    onRequested: async ({ id, data }: TaxonEvent<'taxon.training.requested'>) => {
      if (requests.get(id) !== undefined) return;
      const record: RequestRecord = {
        version: 1,
        requestId: id,
        request: data,
        receivedAt: new Date(),
        told: undefined,
      };
      await requests.save(record);
      begin(record);
    },
    resume: () =>
      requests
        .all()
        .filter((record) => record.told === undefined)
        .forEach(begin),
    idle: async () => {
      await Promise.allSettled(running.values());
    },
  };
};
