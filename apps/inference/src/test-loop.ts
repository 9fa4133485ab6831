import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { credentials, type ServiceError } from '@grpc/grpc-js';
import {
  ClassifyRequest,
  FeedbackRequest,
  InferenceClient,
  type ClassifyResponse,
  type FeedbackResponse,
  type ListModelsResponse,
} from '@taxon/contracts';
import { decodeEvent, openEventBus, type EventBus, type EventType, type TaxonEvent } from '@taxon/events';
import { openPlace, openRegistry, type Registry } from '@taxon/registry';
import { fromGrpcError, hostServices, type Host } from '@taxon/service';
import { inferenceService } from './index.ts';
import { makeModel } from './testing.ts';

/** Labels tell which version answered. */
export const labelsOf = (version: number): string[] => ['lost', 'rate', 'other'].map((name) => `v${version} ${name}`);
export const versionIn = (label: string): number => Number(/^v(\d+) /.exec(label)?.[1]);

/** A folder with a registry in it, whose versions are real models, and an event log. */
export interface Workshop {
  readonly root: string;
  readonly registry: Registry;
  /** The embedded log, as another process would open it. */
  openBus(): Promise<EventBus>;
  /** Registers the model's next version, and points aliases at it. */
  add(version: number, ...aliases: string[]): Promise<void>;
  point(alias: string, to: number | undefined): Promise<void>;
  close(): Promise<void>;
}

export const model = 'intents';

export const openWorkshop = async (): Promise<Workshop> => {
  const root = await mkdtemp(join(tmpdir(), 'taxon-loop-'));
  const registry = openRegistry(openPlace(join(root, 'registry')));
  const point = async (alias: string, to: number | undefined): Promise<void> => {
    await registry.moveAlias({ model, alias, to, by: 'test' });
  };
  return {
    root,
    registry,
    openBus: () => openEventBus({ folder: join(root, 'events') }),
    point,
    add: async (version, ...aliases) => {
      const folder = await makeModel(join(root, `v${version}`), labelsOf(version));
      await registry.register({ model, folder, lineage: { how: 'imported' } });
      for (const alias of aliases) await point(alias, version);
    },
    close: () => rm(root, { recursive: true }),
  };
};

export interface Served {
  readonly host: Host;
  classify(texts: string[], more?: Partial<ClassifyRequest>): Promise<ClassifyResponse>;
  /** One message a text, all at once. */
  stream(texts: readonly string[][]): AsyncIterable<ClassifyResponse>;
  feedback(request: Parameters<typeof FeedbackRequest.fromPartial>[0]): Promise<FeedbackResponse>;
  models(): Promise<ListModelsResponse['models']>;
  metrics(): Promise<string>;
  stop(): Promise<void>;
}

/** The real service over the real wire. */
export const serve = async (
  { root }: Pick<Workshop, 'root'>,
  settings: Record<string, unknown> = {},
  events?: EventBus,
): Promise<Served> => {
  const ports = { port: 0, metricsPort: 0, logLevel: 'silent' };
  const own = { registry: join(root, 'registry'), modelsFolder: join(root, 'none'), threads: 1, ...settings };
  const host = await hostServices([inferenceService], { settings: { inference: { ...ports, ...own } }, events });
  const client = new InferenceClient(`127.0.0.1:${host.port}`, credentials.createInsecure());
  const call = <Response>(send: (done: (error: ServiceError | null, response: Response) => void) => unknown) =>
    new Promise<Response>((resolve, reject) => {
      send((error, response) => (error === null ? resolve(response) : reject(fromGrpcError(error))));
    });
  return {
    host,
    classify: (texts, more) => call((done) => client.classify(ClassifyRequest.fromPartial({ texts, ...more }), done)),
    stream: (messages) => {
      const stream = client.classifyStream();
      for (const texts of messages) stream.write(ClassifyRequest.fromPartial({ texts }));
      stream.end();
      return stream as AsyncIterable<ClassifyResponse>;
    },
    feedback: (request) => call((done) => client.feedback(FeedbackRequest.fromPartial(request), done)),
    models: async () => (await call<ListModelsResponse>((done) => client.listModels({}, done))).models,
    metrics: async () => (await fetch(`http://127.0.0.1:${host.metricsPort}/metrics`)).text(),
    stop: async () => {
      client.close();
      await host.stop();
    },
  };
};

/** All events of a type that the log holds. */
export const eventsOf = async <Type extends EventType>(
  bus: EventBus,
  topic: string,
  type: Type,
): Promise<TaxonEvent<Type>[]> => {
  const found: TaxonEvent<Type>[] = [];
  for await (const stored of bus.read({ topic })) {
    const event = decodeEvent(stored);
    if (event.type === type) found.push(event as TaxonEvent<Type>);
  }
  return found;
};
