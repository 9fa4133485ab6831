import { mkdtemp, rm, mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { credentials } from '@grpc/grpc-js';
import {
  HealthClient,
  ListJobsRequest,
  ReflectionClient,
  ReflectionRequest,
  StartCompressionRequest,
  type HealthCheckResponse,
  type ListJobsResponse,
  type ReflectionResponse,
  type StartCompressionResponse,
} from '@taxon/contracts';
import type { CompressionReport, DistillationResult } from '@taxon/distillation';
import { TaxonError } from '@taxon/errors';
import { createJobQueue } from '@taxon/jobs';
import { hostServices, type Host } from '@taxon/service';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Workers } from './distiller-jobs.ts';
import { createDistillerService } from './service.ts';
import { ask, casesOf, connect, writeTeacher } from './testing.ts';

const scores = { n: 10, figures: { accuracy: 0.9, macroF1: 0.8 }, tasks: [] };
const size = { layers: 3, hidden: 32, heads: 2, intermediate: 64, vocabulary: 60, parameters: 12_345 };
const distilled = (output: string): DistillationResult => ({
  modelFolder: output,
  runFolder: join(output, 'run'),
  space: { tasks: [{ name: 'label', kind: 'single-label', labels: ['a', 'b'] }] },
  ...{ validation: scores, test: undefined, seconds: 1, peakMemoryBytes: 9, student: size, generation: 2 },
  teacher: { size, validation: scores, test: undefined },
});
const measured = {
  ...{ form: 'int8' as const, figures: { accuracy: 0.9 } as CompressionReport['after']['figures'] },
  ...{ bytes: 10, latency: { p50: 1, p95: 2 }, throughput: 3 },
};

/** Work that ends when the test says so, and stops at an abort. */
const controlled = () => {
  const running: { work: unknown; resume: boolean | undefined; finish: () => void; fail: (error: Error) => void }[] =
    [];
  const run = <Result>(work: unknown, result: Result, options: Parameters<Workers['distil']>[1]): Promise<Result> =>
    new Promise((resolve, reject) => {
      options.signal?.addEventListener('abort', () =>
        reject(new TaxonError({ code: 'cancelled', message: 'interrupted' })),
      );
      running.push({ work, resume: options.resume, finish: () => resolve(result), fail: reject });
    });
  const workers: Workers = {
    distil: (options, how) => {
      how.onEvent?.({ kind: 'stage', stage: 'teacher' });
      return run(options, distilled(options.output), how);
    },
    compress: (request, how) => {
      how.onEvent?.({ kind: 'progress', stage: 'compress', done: 1, total: 2, unit: 'parts' });
      const texts = { validation: 5, calibration: 0 };
      const report = {
        ...{ texts, before: { ...measured, form: 'float32' }, after: measured, loss: 0.1, agreement: 0.99 },
        ...{ keptFloat: ['layer.1'], sensitivity: [{ name: 'layer.1', logitError: 0.5, changed: 0.2 }] },
        options: request,
      };
      return run(request, report as unknown as CompressionReport, how as Parameters<Workers['distil']>[1]);
    },
  };
  return { running, workers };
};

let folder = '';
let host: Host;
let distiller: ReturnType<typeof connect>;
const serve = async (workers: Workers, settings: Record<string, unknown> = {}) => {
  host = await hostServices([createDistillerService(workers, createJobQueue())], {
    settings: {
      distiller: {
        ...{ port: 0, metricsPort: 0, logLevel: 'silent', dataFolder: folder, modelsFolder: join(folder, 'models') },
        ...settings,
      },
    },
  });
  distiller = connect(host.port);
};
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'taxon-distiller-'));
  await mkdir(join(folder, 'models'));
  await writeTeacher(join(folder, 'models/teacher'), join(folder, 'encoder'));
});
afterEach(async () => {
  distiller.client.close();
  await host.stop();
  await rm(folder, { recursive: true });
});

const recipe = { data: { train: 'data.jsonl' }, output: 'student' };
const teachers = [{ folder: 'teacher' }];
const startCompression = async (compression: object): Promise<string> => {
  const request = StartCompressionRequest.fromPartial({ compression });
  const { jobId } = await ask<StartCompressionResponse>((done) => distiller.client.startCompression(request, done));
  return jobId;
};

describe('the distiller', () => {
  it('distils and compresses, one after the other, and shows options, progress and results', async () => {
    const { running, workers } = controlled();
    await serve(workers);
    const first = await distiller.startDistillation({ teachers, recipe, student: { layers: 3 } }, true);
    const second = await startCompression({ model: 'teacher', output: 'small', validation: { path: 'v.csv' } });
    expect(running).toHaveLength(1);
    expect(running[0]!.resume).toBe(true);
    expect(await distiller.get(second)).toMatchObject({
      state: 'JOB_STATE_QUEUED',
      queuedBehind: 1,
      work: {
        $case: 'compression',
        value: { model: join(folder, 'models/teacher'), output: join(folder, 'models/small'), maxLoss: 0.5 },
      },
    });
    running[0]!.finish();
    expect(casesOf(await distiller.watch(first))).toEqual([
      'JOB_STATE_QUEUED',
      'JOB_STATE_RUNNING',
      'stageStart',
      'JOB_STATE_SUCCEEDED',
    ]);
    expect(await distiller.get(first)).toMatchObject({
      work: {
        $case: 'distillation',
        value: {
          teachers: [{ folder: join(folder, 'models/teacher'), weight: 1 }],
          ...{ temperature: 2, student: { layers: 3 }, recipe: { output: join(folder, 'models/student') } },
        },
      },
      result: {
        result: {
          $case: 'distillation',
          value: {
            studentModel: { modelFolder: join(folder, 'models/student'), validation: { n: 10 } },
            ...{ student: { parameters: 12_345n }, teacher: { layers: 3 }, generation: 2 },
          },
        },
      },
    });
    await expect.poll(() => running.length).toBe(2);
    running[1]!.finish();
    expect((await distiller.watch(second)).at(-1)).toMatchObject({
      value: {
        state: 'JOB_STATE_SUCCEEDED',
        result: {
          result: {
            $case: 'compression',
            value: {
              ...{ modelFolder: join(folder, 'models/small'), keptFloat: ['layer.1'], validationTexts: 5 },
              after: { form: 'int8', bytes: 10n, latencyP95: 2 },
            },
          },
        },
      },
    });
    const page = await (await fetch(`http://127.0.0.1:${host.metricsPort}/metrics`)).text();
    expect(page).toContain('taxon_distiller_jobs_ended_total{state="succeeded"} 2');
  });

  it('lists by state and page, cancels, and passes a job’s own error on', async () => {
    const { running, workers } = controlled();
    await serve(workers);
    const bad = await distiller.startDistillation({ teachers, recipe });
    const waits = await distiller.startDistillation({ teachers, recipe: { ...recipe, output: 'other' } });
    running[0]!.fail(
      new TaxonError({
        ...{ code: 'invalid_input', message: 'teacher has other labels than the data: it lacks new' },
        violations: [{ field: 'teachers[0].folder', description: 'it lacks new' }],
      }),
    );
    expect((await distiller.watch(bad)).at(-1)).toMatchObject({
      value: { state: 'JOB_STATE_FAILED', error: { code: 3, details: [{}, {}] } },
    });
    await ask((done) => distiller.client.cancelJob({ jobId: waits }, done));
    await distiller.watch(waits);
    const list = (request: Partial<ListJobsRequest>) =>
      ask<ListJobsResponse>((done) => distiller.client.listJobs(ListJobsRequest.fromPartial(request), done));
    const first = await list({ pageSize: 1 });
    expect(first.jobs.map(({ jobId }) => jobId)).toEqual([waits]);
    expect((await list({ pageToken: first.nextPageToken })).jobs.map(({ jobId }) => jobId)).toEqual([bad]);
    expect((await list({ state: 'JOB_STATE_CANCELLED' })).jobs.map(({ jobId }) => jobId)).toEqual([waits]);
    await expect(list({ pageToken: 'nonsense' })).rejects.toMatchObject({
      code: 'invalid_input',
      violations: [{ field: 'page_token' }],
    });
    await expect(distiller.get('nonsense')).rejects.toMatchObject({ code: 'not_found' });
  });

  it('refuses what cannot work before anything is queued, with the field', async () => {
    const { running, workers } = controlled();
    await serve(workers);
    await writeTeacher(join(folder, 'models/stranger'), join(folder, 'encoder'), ['lost', 'new', 'rate']);
    const refused: [object, object][] = [
      [
        { teachers: [...teachers, { folder: 'stranger' }], recipe },
        {
          code: 'invalid_input',
          message: 'teachers[1].folder: other labels than those of teachers[0]: it lacks "close" and has "new" more',
          violations: [{ field: 'teachers[1].folder' }],
        },
      ],
      [
        { teachers: [{ folder: 'nowhere' }], recipe },
        { code: 'not_found', violations: [{ field: 'teachers[0].folder' }] },
      ],
      [
        { teachers: [{ folder: '../data' }], recipe },
        {
          code: 'invalid_input',
          message: expect.stringContaining('outside'),
          violations: [{ field: 'teachers[0].folder' }],
        },
      ],
      [
        { teachers, recipe, unlabelled: { texts: ['a.txt', '/etc/passwd'] } },
        { violations: [{ field: 'unlabelled.texts[1]' }] },
      ],
      [
        { teachers, recipe: { ...recipe, output: 'teacher' } },
        { code: 'invalid_input', message: expect.stringContaining('teacher') },
      ],
      [
        { teachers, recipe, temperature: 0 },
        { code: 'invalid_input', violations: [{ field: 'temperature' }] },
      ],
    ];
    for (const [distillation, error] of refused)
      await expect(distiller.startDistillation(distillation)).rejects.toMatchObject(error);
    await expect(startCompression({ model: 'no', output: 'x', validation: { path: 'v.csv' } })).rejects.toMatchObject({
      code: 'not_found',
      violations: [{ field: 'model' }],
    });
    await expect(
      startCompression({ model: 'teacher', output: '../x', validation: { path: 'v.csv' } }),
    ).rejects.toMatchObject({ violations: [{ field: 'output' }] });
    for (const [request, field] of [
      [{ model: 'teacher', output: 'teacher', validation: { path: 'v.csv' } }, 'output'],
      [
        { model: 'teacher', output: 'x', validation: { path: 'v.csv' }, to: 'COMPRESSED_FORM_INT8_STATIC' },
        'calibration',
      ],
    ] as const)
      await expect(startCompression(request)).rejects.toMatchObject({ violations: [{ field }] });
    // Where labels may differ they are no hindrance.
    const shared = { teachers: [...teachers, { folder: 'stranger' }], recipe, labels: 'LABEL_MATCHING_SHARED' };
    await expect(distiller.startDistillation(shared)).resolves.toBeDefined();
    expect(running).toHaveLength(1);
  });

  it('is healthy, reflects its contract, and stops its jobs when the host stops', async () => {
    const { workers } = controlled();
    await serve(workers);
    const health = new HealthClient(`127.0.0.1:${host.port}`, credentials.createInsecure());
    const { status } = await ask<HealthCheckResponse>((done) =>
      health.check({ service: 'taxon.distiller.v1.DistillerService' }, done),
    );
    health.close();
    expect(status).toBe('SERVING');
    const reflection = new ReflectionClient(`127.0.0.1:${host.port}`, credentials.createInsecure());
    const call = reflection.serverReflectionInfo();
    call.write(ReflectionRequest.fromPartial({ messageRequest: { $case: 'listServices', value: '' } }));
    call.end();
    const answers: ReflectionResponse[] = [];
    for await (const answer of call as AsyncIterable<ReflectionResponse>) answers.push(answer);
    reflection.close();
    expect(JSON.stringify(answers, (_, v: unknown) => (typeof v === 'bigint' ? String(v) : v))).toContain(
      'taxon.distiller.v1.DistillerService',
    );
    const events = distiller.watch(await distiller.startDistillation({ teachers, recipe }));
    await expect.poll(async () => (await fetch(`http://127.0.0.1:${host.metricsPort}/metrics`)).ok).toBe(true);
    await host.stop();
    expect(casesOf(await events).at(-1)).toBe('JOB_STATE_CANCELLED');
  });
});
