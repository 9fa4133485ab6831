import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { credentials, type ServiceError } from '@grpc/grpc-js';
import {
  AugmenterClient,
  AugmentRequest,
  StartAugmentationRequest,
  type AugmentResponse,
  type GetAugmentationResponse,
  type ListMethodsResponse,
  type StartAugmentationResponse,
  type TaskKind,
  type WatchAugmentationResponse,
} from '@taxon/contracts';
import { createJobQueue } from '@taxon/jobs';
import { fromGrpcError, hostServices, type Host } from '@taxon/service';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createAugmenterService } from './service.ts';
import { openTestEngine, summaryOf } from './testing.ts';

let folder = '';
let host: Host;
let client: InstanceType<typeof AugmenterClient>;
let engine: Awaited<ReturnType<typeof openTestEngine>>;
const serve = async (settings: Record<string, unknown> = {}) => {
  host = await hostServices([createAugmenterService(engine.engine, createJobQueue())], {
    settings: {
      augmenter: {
        ...{ port: 0, metricsPort: 0, logLevel: 'silent', dataFolder: folder, outputFolder: join(folder, 'out') },
        ...settings,
      },
    },
  });
  client = new AugmenterClient(`127.0.0.1:${host.port}`, credentials.createInsecure());
};
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'taxon-augmenter-'));
  engine = await openTestEngine();
  await writeFile(join(folder, 'a.csv'), 'text,label\n');
  await mkdir(join(folder, 'models/m'), { recursive: true });
});
afterEach(async () => {
  client.close();
  await host.stop();
  await engine.close();
  await rm(folder, { recursive: true });
});

const options = (name = 'repeat', more: object = {}, taskKind: TaskKind = 'TASK_KIND_MULTI_LABEL', own: object = {}) =>
  AugmentRequest.fromPartial({
    part: { $case: 'options', value: { augmentation: { methods: [{ name, options: own }], ...more }, taskKind } },
  });
const rows = (...texts: string[]) =>
  AugmentRequest.fromPartial({
    part: { $case: 'rows', value: { rows: texts.map((text) => ({ text, labels: ['a', 'b'] })) } },
  });
/** Sends all, and gathers what comes back. */
const augment = async (...requests: AugmentRequest[]): Promise<AugmentResponse[]> => {
  const call = client.augment();
  call.on('error', () => undefined);
  for (const request of requests) call.write(request);
  call.end();
  const answers: AugmentResponse[] = [];
  try {
    for await (const answer of call as AsyncIterable<AugmentResponse>) answers.push(answer);
  } catch (error) {
    throw fromGrpcError(error as ServiceError);
  }
  return answers;
};
const metrics = async () => (await fetch(`http://127.0.0.1:${host.metricsPort}/metrics`)).text();

describe('a stream of texts', () => {
  it('gives new texts with their method and parent in the order of their parents, then a summary', async () => {
    await serve();
    const named = AugmentRequest.fromPartial({
      part: { $case: 'rows', value: { rows: [{ text: 'c', labels: ['x'], id: 'file.csv:7', pair: 'p' }] } },
    });
    const answers = await augment(options(), rows('a', 'b'), rows(), named);
    const made = answers.flatMap(({ part }) => (part?.$case === 'rows' ? part.value.rows : []));
    expect(made.map(({ text, parent, method }) => `${text} ${parent} ${method}`)).toEqual([
      ...['a 1 repeat', 'a 1 repeat', 'b 2 repeat', 'b 2 repeat'],
      ...['c file.csv:7 repeat', 'c file.csv:7 repeat'],
    ]);
    expect(made.at(-1)).toMatchObject({ pair: 'p', labels: ['x'] });
    expect(answers.at(-1)?.part).toMatchObject({
      $case: 'summary',
      value: {
        ...{ rows: 3n, notices: [{ level: 'NOTICE_LEVEL_WARNING' }], madeDiversity: { distinct2: 0.75 } },
        methods: [{ name: 'repeat', dropped: { repeat: 1n }, examples: [{ reason: 'repeat', from: 'a' }] }],
      },
    });
    expect(await metrics()).toContain('taxon_augmenter_new_texts_total{method="repeat"} 6');
    expect(await augment(options())).toMatchObject([{ part: { $case: 'summary', value: { rows: 0n } } }]);
  });

  it('is refused with the field that is wrong', async () => {
    await serve({ maxTexts: 2, maxTextLength: 5 });
    const refused: [AugmentRequest[], object][] = [
      [[], { violations: [{ field: 'options' }] }],
      [[rows('a')], { violations: [{ field: 'options' }] }],
      [
        [options('repaet')],
        { violations: [{ field: 'methods[0].name', description: "'repaet' is no method; did you mean 'repeat'?" }] },
      ],
      [[options('translate'), rows('a')], { violations: [{ field: 'methods[0].name' }] }],
      [[options('repeat', { policy: { perRow: -1 } })], { violations: [{ field: 'policy.perRow' }] }],
      [
        [
          options('repeat', {
            policy: { below: 3, target: { $case: 'targetCount', value: 9 } },
            quality: { model: 'm' },
          }),
        ],
        { violations: ['policy.target', 'policy.below', 'quality.model'].map((field) => ({ field })) },
      ],
      [[options('read', {}, undefined, { words: '../w' })], { violations: [{ field: 'methods[0].options.words' }] }],
      [[options('repeat', {}, 'TASK_KIND_SINGLE_LABEL'), rows('a')], { violations: [{ field: 'rows[0].labels' }] }],
      [[options(), options()], { violations: [{ field: 'options' }] }],
      [[options(), rows('a', 'b', 'c')], { violations: [{ field: 'rows' }] }],
      [[options(), rows('a'), rows('b', ' ')], { violations: [{ field: 'rows[2].text' }] }],
      [[options(), rows('abcdef')], { violations: [{ field: 'rows[0].text' }] }],
    ];
    for (const [requests, error] of refused)
      await expect(augment(...requests)).rejects.toMatchObject({ code: 'invalid_input', ...error });
    // All of it was given back: the limit of streams is not used up.
    expect(await augment(options(), rows('a'))).toHaveLength(2);
  });

  it('is never far ahead of a slow reader, whatever the writer sends', async () => {
    await serve();
    const call = client.augment();
    call.on('error', () => undefined);
    call.write(options());
    const text = 'x'.repeat(10_000);
    let written = 0;
    const total = 20_000;
    // 200 MB, each text sent back twice.
    const write = (): void => {
      while (written < total && call.write(rows(text))) written++;
    };
    call.on('drain', write);
    write();
    const reader = (call as AsyncIterable<AugmentResponse>)[Symbol.asyncIterator]();
    await reader.next();
    const read = async () => Number(/taxon_augmenter_texts_total (\d+)/.exec(await metrics())?.[1] ?? 0);
    // The service reads on until every buffer on the way is full, and then no more.
    let [before, now] = [-1, 0];
    while (now > before) {
      await sleep(300);
      [before, now] = [now, await read()];
    }
    expect(now).toBeGreaterThan(0);
    expect(now).toBeLessThan(500);
    expect(written).toBeLessThan(1000);
    await reader.next();
    call.cancel();
  });

  it('ends when its caller cancels it, even in the middle of a text, and makes room for others', async () => {
    await serve({ maxStreams: 1 });
    const call = client.augment();
    const ended = new Promise<ServiceError>((resolve) => call.on('error', resolve));
    call.write(options('hang'));
    call.write(rows('a'));
    await expect
      .poll(async () => (await augment(options(), rows('a')).catch((error: unknown) => error)) as object)
      .toMatchObject({
        code: 'resource_exhausted',
        message: '1 streams are open already, which is the limit (maxStreams)',
      });
    call.cancel();
    expect((await ended).code).toBe(1);
    await expect.poll(() => augment(options(), rows('a')).catch(() => [])).toHaveLength(2);
  });
});

describe('jobs', () => {
  const settle =
    <T>(resolve: (value: T) => void, reject: (error: Error) => void) =>
    (error: ServiceError | null, response: T) =>
      error === null ? resolve(response) : reject(fromGrpcError(error));
  const start = (augmentation: object, resume = false) =>
    new Promise<StartAugmentationResponse>((resolve, reject) => {
      client.startAugmentation(StartAugmentationRequest.fromPartial({ augmentation, resume }), settle(resolve, reject));
    });
  const get = (augmentationId: string) =>
    new Promise<GetAugmentationResponse>((resolve, reject) => {
      client.getAugmentation({ augmentationId }, settle(resolve, reject));
    });
  const watch = async (augmentationId: string) => {
    const events: WatchAugmentationResponse[] = [];
    const stream = client.watchAugmentation({ augmentationId, afterSequence: 0n });
    for await (const event of stream as AsyncIterable<WatchAugmentationResponse>) events.push(event);
    return events;
  };
  const wanted = {
    input: 'a.csv',
    output: 'b.csv',
    options: { methods: [{ name: 'repeat' }], policy: { model: 'm' } },
  };

  it('augment a file, and are listed again after a restart', async () => {
    await serve({ modelsFolder: join(folder, 'models') });
    const { augmentationId } = await start(wanted, true);
    const { request, options, finish } = engine.running[0]!;
    expect(request).toMatchObject({
      ...{ input: join(folder, 'a.csv'), output: join(folder, 'out/b.csv'), textColumn: 'text', withOriginals: false },
      options: { methods: [{ name: 'repeat', weight: 1 }], policy: { model: join(folder, 'models/m'), perRow: 1 } },
    });
    expect(options.resume).toBe(true);
    options.onEvent({ kind: 'progress', stage: 'augment', rows: 3, total: undefined, kept: 2, dropped: 1 });
    finish(summaryOf(4));
    const events = await watch(augmentationId);
    expect(events.map(({ event }) => event?.$case)).toEqual(['stateChange', 'stateChange', 'progress', 'stateChange']);
    expect(events.at(-1)?.event).toMatchObject({
      value: {
        state: 'JOB_STATE_SUCCEEDED',
        result: { output: join(folder, 'out/b.csv'), summary: { kept: 8n, labels: [{ made: 8n }] } },
      },
    });
    const scrape = await metrics();
    expect(scrape).toContain('taxon_augmenter_augmentations_ended_total{state="succeeded"} 1');
    expect(scrape).toContain('taxon_augmenter_texts_total 4');
    expect(scrape).toContain('taxon_augmenter_new_texts_total{method="repeat"} 8');
    expect(scrape).toContain('taxon_augmenter_dropped_texts_total{method="repeat",reason="repeat"} 1');
    const before = await get(augmentationId);
    client.close();
    await host.stop();
    await serve({ modelsFolder: join(folder, 'models') });
    expect(await get(augmentationId)).toEqual(before);
  });

  it('are refused with every field that is wrong, and nothing outside the folders is touched', async () => {
    await serve({ outputFolder: folder, modelsFolder: join(folder, 'models') });
    const withMethod = (own: object) => ({ ...wanted, options: { methods: [{ name: 'read', options: own }] } });
    const refused: [object, object[]][] = [
      [withMethod({ words: '"/etc/passwd"' }), [{ field: 'methods[0].options.words' }]],
      [withMethod({ words: '../words.yaml' }), [{ field: 'methods[0].options.words' }]],
      [withMethod({ models: '{"en-de": "../m"}' }), [{ field: 'methods[0].options.models.en-de' }]],
      [{ options: wanted.options }, [{ field: 'input' }, { field: 'output' }]],
      [{ ...wanted, output: 'b.parquet' }, [{ field: 'output' }]],
      [{ ...wanted, output: '../b.csv' }, [{ field: 'output' }]],
      [{ ...wanted, input: '/etc/passwd' }, [{ field: 'input' }]],
      [{ ...wanted, output: './a.csv' }, [{ field: 'output' }]],
      [
        { ...wanted, options: { methods: [{ name: 'repeat' }], policy: { model: '../m' } } },
        [{ field: 'policy.model' }],
      ],
      [{ ...wanted, options: { methods: [{ name: 'translat' }] } }, [{ field: 'methods[0].name' }]],
    ];
    for (const [augmentation, violations] of refused)
      await expect(start(augmentation)).rejects.toMatchObject({ code: 'invalid_input', violations });
    const missing: [object, object[]][] = [
      [{ ...wanted, input: 'c.csv' }, [{ field: 'input', description: `${join(folder, 'c.csv')} does not exist` }]],
      [withMethod({ words: 'words.yaml' }), [{ field: 'methods[0].options.words' }]],
      [
        { ...wanted, options: { policy: { model: 'n' }, quality: { model: 'o' }, methods: [{ name: 'repeat' }] } },
        [{ field: 'policy.model' }, { field: 'quality.model' }],
      ],
    ];
    for (const [augmentation, violations] of missing)
      await expect(start(augmentation)).rejects.toMatchObject({ code: 'not_found', violations });
    expect(engine.running).toHaveLength(0);
  });

  it('tell which methods there are', async () => {
    await serve();
    const { methods } = await new Promise<ListMethodsResponse>((resolve, reject) => {
      client.listMethods({}, settle(resolve, reject));
    });
    expect(methods).toEqual(
      engine.engine.methods.map(({ name, description, streamed }) => ({ name, description, streamed })),
    );
  });
});
