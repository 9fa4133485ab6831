import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { inferenceContract } from '@taxon/contracts';
import type { EventBus } from '@taxon/events';
import { describeModelFolder, loadClassifier } from '@taxon/models';
import { openPlace, openRegistry } from '@taxon/registry';
import { defineService, type CallContext, type Logger } from '@taxon/service';
import { createClassify } from './classify.ts';
import { config, type Config } from './config.ts';
import { createEventOutbox } from './event-outbox.ts';
import { createFeedback } from './feedback.ts';
import { followVersions } from './follow-versions.ts';
import { listModels } from './list-models.ts';
import { createMetrics, type InferenceMetrics } from './metrics.ts';
import { createModelPool, type ModelPool } from './model-pool.ts';
import { mapOrdered } from './map-ordered.ts';
import { openSource } from './open-source.ts';
import { createRecentPredictions } from './recent-predictions.ts';
import { ownName } from './registry-source.ts';
import { createSampling } from './sampled-answers.ts';
import { takeWork } from './take-work.ts';

/** How long what was sampled may still be published when the service ends, in ms. */
const lastPatience = 2000;
/** One line of log in so many failures, in ms: a bus that is away fails every few seconds. */
const quietFor = 30_000;

/** Tells of the first failure, and of no more than one in a while after it. */
const seldom = (tell: (error: unknown) => void): ((error: unknown) => void) => {
  let last = -Infinity;
  return (error) => {
    if (performance.now() - last < quietFor) return;
    last = performance.now();
    tell(error);
  };
};

interface PublishingOptions {
  config: Config;
  events: EventBus | undefined;
  source: string;
  metrics: InferenceMetrics;
  log: Logger;
}

/** What is published of the answers; nothing without a bus, or at a rate of 0. */
const openPublishing = ({ config, events, source, metrics, log }: PublishingOptions) => {
  if (events === undefined || config.sampleRate === 0) return undefined;
  const outbox = createEventOutbox({
    events,
    size: config.eventBuffer,
    count: (outcome, n) => metrics.events.inc({ outcome }, n),
    onError: seldom((error) => log.warn({ err: error }, 'sampled answers wait: they cannot be published')),
  });
  const sampling = createSampling({
    rate: config.sampleRate,
    texts: config.sampleTexts,
    embeddings: config.sampleEmbeddings,
    ...{ outbox, source, metrics },
  });
  return {
    sampling,
    close: async () => {
      await sampling.idle();
      await outbox.close(lastPatience);
    },
  };
};

/** Loads what was given by name; one failure ends the service. */
const loadGiven = async (names: readonly string[], pool: ModelPool): Promise<void> => {
  try {
    await Promise.all(names.map((name) => pool.get(name)));
  } catch (error) {
    await pool.dispose();
    throw error;
  }
};

/** Serves models from folders and from a registry. */
export const inferenceService = defineService({
  name: 'inference',
  description: 'classifies texts with trained models',
  contracts: { inference: inferenceContract },
  config,
  metrics: createMetrics,
  start: async ({ config, metrics, log, events, signal }) => {
    const holder = `inference/${hostname()}/${process.pid}`;
    const registry = openRegistry(openPlace(config.registry));
    const source = openSource({ config, registry, holder, signal });
    const load = (folder: string) => loadClassifier(folder, { threads: config.threads, signal });
    const pool = createModelPool({ source, load, metrics, log });
    await loadGiven(source.given, pool);

    const eventSource = `/inference/${hostname()}`;
    const recent = createRecentPredictions(config.rememberedPredictions);
    const publishing = openPublishing({ config, events, source: eventSource, metrics, log });
    const following = followVersions({ pool, events, interval: 1000 * config.registrySeconds, log });
    const classify = createClassify({
      ...{ config, source, pool },
      ...(events !== undefined && { recent }),
      sampling: publishing?.sampling,
    });
    const feedback = createFeedback({
      ...{ events, source: eventSource, recent },
      find: async (model) => {
        const name = await source.resolve(model);
        const { folder, space } = (await pool.get(name)).classifier;
        const { pairs = false } = await describeModelFolder(folder);
        // What it is served under is this service's matter; whoever learns from feedback knows the model.
        return { name: ownName(name), space, pairs };
      },
      count: (model, verdict) => metrics.feedback.inc({ model, verdict }),
    });
    const work =
      events && config.takeWork ? takeWork({ bus: events, source: eventSource, pool, models: source, log }) : undefined;
    return {
      implementations: {
        inference: {
          classify: (request, context) => classify(request, context, randomUUID()),
          classifyStream: (requests, context) => {
            const stream = randomUUID();
            let message = 0;
            return mapOrdered(requests, config.streamRequests, (request) =>
              classify(request, context, `${stream}.${message++}`),
            );
          },
          listModels: async () => ({ models: await listModels(source, pool) }),
          feedback: (request, context: CallContext) => feedback(request, context),
        },
      },
      dispose: async () => {
        await work?.close();
        await following.close();
        await publishing?.close();
        await pool.dispose();
      },
    };
  },
});
