import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { createEvent, type EventBus, type Handler, type TaxonEvent } from '@taxon/events';
import { TaxonError } from '@taxon/errors';
import { checkpointFolder, keepDataPartsJob, parseRecipe, prepareRetrainingJob, type Recipe } from '@taxon/training';
import { patience } from '@taxon/jobs';
import type { Logger } from 'pino';
import { confinePaths, type AllowedFolders } from '../confine-paths.ts';
import { fromRecipeMessage } from '../recipe-message.ts';
import type { TrainingJob, TrainingJobs } from '../training-jobs.ts';
import { createInsist, type BackOff } from './insist.ts';
import type { ModelVersions } from './model-versions.ts';
import { nameOf, type RequestRecord, type RequestStore } from './request-store.ts';

export interface RetrainerOptions {
  bus: EventBus;
  versions: ModelVersions;
  jobs: TrainingJobs;
  /** What recipes of events may read and write. */
  folders: AllowedFolders;
  requests: RequestStore;
  /** Where trainings are put while they run. */
  folder: string;
  log: Logger;
  /** Aborts when the service drains: what has not ended goes on with its next start. */
  signal: AbortSignal;
  backOff?: BackOff;
}

export interface Retrainer {
  /** Of `taxon.training.requested`: resolves once the request is durably queued. */
  readonly onRequested: Handler<'taxon.training.requested'>;
  /** Takes up what an earlier life left. */
  resume(): void;
  idle(): Promise<void>;
}

/** An event's recipe: it reads and writes what a caller's may. The labelled files and the output are the retraining's own. */
const confined = ({ data, logging, ...recipe }: Recipe, folders: AllowedFolders): Recipe =>
  confinePaths(
    {
      ...recipe,
      data: { ...data, train: undefined, validation: undefined, test: undefined },
      logging: { ...logging, tensorboardFolder: undefined },
      output: folders.modelsFolder,
    },
    folders,
  );

const source = '/trainer';
/** Milliseconds between two looks at a full queue. */
const queuePause = 2000;

/** Events of a request are derived from it: told twice, they are the same. */
const told = (requestId: string, what: string): string => `${requestId}/${what}`;

/** Trains models again because an event asks for it, and tells what came of it. */
export const createRetrainer = (options: RetrainerOptions): Retrainer => {
  const { bus, versions, jobs, folders, requests, log, signal } = options;
  const running = new Map<string, Promise<void>>();
  const folderOf = (requestId: string): string => join(options.folder, nameOf(requestId));
  const insist = createInsist({ signal, log, ...options.backOff });

  /** However long the bus is away: what has happened is told. */
  const publish = (...events: TaxonEvent[]): Promise<void> => insist(() => bus.publish(events, { signal }));

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

  /** @returns the job, and when it was told that it has started */
  const runJob = async (recipe: Recipe, started: (job: TrainingJob) => TaxonEvent): Promise<TrainingJob> => {
    const resume = existsSync(checkpointFolder(recipe.output));
    const job = await startJob(recipe, resume);
    const telling = publish(started(job));
    // Told or not, it runs; only the end waits for both.
    telling.catch(() => undefined);
    await ended(job);
    await telling;
    if (!resume || job.error?.code !== 'failed_precondition') return job;
    // Its checkpoint is none that can be gone on from.
    await rm(checkpointFolder(recipe.output), { recursive: true, force: true });
    return runJob(recipe, started);
  };

  /** @returns the event that tells its end */
  const train = async ({ requestId, request }: RequestRecord): Promise<TaxonEvent> => {
    const { model } = request;
    const parent = await insist(() => versions.checkOut(model, request.parentVersion));
    const folder = folderOf(requestId);
    const asked = request.recipe && confined(parseRecipe(fromRecipeMessage(request.recipe)), folders);
    const rows = await insist(() => versions.readRows(request.rows, folder));
    const given = { parent: parent.folder, rows, folder, recipe: asked };
    const { recipe, rows: added } = await prepareRetrainingJob({ ...given, signal, patience });
    log.info({ request: requestId, model, parent: parent.version, rows: added }, 'retraining');
    if (added !== undefined && added.unusable > 0)
      log.warn(
        { request: requestId, model, unusable: added.unusable, first: added.firstUnusable },
        'new rows left out that the recipe cannot learn from',
      );
    const common = { model, requestId, parentVersion: parent.version };
    const job = await runJob(recipe, ({ id: trainingId }) => {
      const id = told(requestId, 'started');
      return createEvent('taxon.training.started', { ...common, trainingId }, { source, id });
    });
    if (job.state !== 'succeeded') throw job.error ?? new TaxonError({ code: 'internal', message: 'no result' });
    await keepDataPartsJob(recipe.output, recipe, { signal, patience });
    const candidate = { requestId, jobId: job.id, parent: parent.version, rows: request.rows, result: job.result };
    const reason = request.reason?.text ?? '';
    const version = await insist(() => versions.register(model, recipe.output, { ...candidate, reason }));
    const data = { ...common, trainingId: job.id, version, validation: job.result?.validation };
    return createEvent('taxon.training.completed', data, { source, id: told(requestId, 'completed') });
  };

  const failed = ({ requestId, request: { model } }: RequestRecord, error: TaxonError): TaxonEvent => {
    const { code, message, hint } = error;
    const text = hint === undefined ? message : `${message} (${hint})`;
    const data = { model, requestId, trainingId: '', code, message: text };
    return createEvent('taxon.training.failed', data, { source, id: told(requestId, 'failed') });
  };

  /** Whatever happens, it happens again with the next start unless its end was told. */
  const see = async (record: RequestRecord): Promise<void> => {
    const event = await train(record).catch((thrown: unknown): TaxonEvent => {
      signal.throwIfAborted();
      const error = TaxonError.from(thrown);
      log.warn({ request: record.requestId, err: error }, 'retraining failed');
      return failed(record, error);
    });
    await publish(event);
    await requests.save({ ...record, told: event.type === 'taxon.training.completed' ? 'completed' : 'failed' });
    await rm(folderOf(record.requestId), { recursive: true, force: true });
  };
  const begin = (record: RequestRecord): void => {
    if (running.has(record.requestId)) return;
    const work = see(record)
      .catch((error: unknown) => {
        if (!signal.aborted)
          log.error({ request: record.requestId, err: error }, 'retraining is left for the next start');
      })
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
