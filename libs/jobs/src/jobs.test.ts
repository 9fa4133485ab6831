import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TaxonError } from '@taxon/errors';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createJobQueue, openJobs, type JobQueue } from './index.ts';
import { controlledKind, eventsOf, type TestJob } from './testing.ts';

const usual = { maxQueued: 10, keepEnded: 10 };

const open = async (noun: string, queue: JobQueue, options: Partial<Parameters<typeof openJobs>[1]> = {}) => {
  const { kind, running } = controlledKind(noun);
  return { running, jobs: await openJobs(kind, { ...usual, ...options, queue }) };
};

describe('two services in one process', () => {
  it('take turns in one queue, in the order of their starts', async () => {
    const queue = createJobQueue();
    const [trainings, distillations] = [await open('training', queue), await open('distillation', queue)];
    const first = trainings.jobs.start({ output: '/a' }, false);
    const second = distillations.jobs.start({ output: '/b' }, true);
    const third = trainings.jobs.start({ output: '/c' }, false);
    expect([first, second, third].map(({ state }) => state)).toEqual(['running', 'queued', 'queued']);
    expect(distillations.jobs.queuedBehind(second)).toBe(1);
    expect(trainings.jobs.queuedBehind(third)).toBe(2);
    expect(distillations.running).toHaveLength(0);
    trainings.running[0]!.finish();
    await eventsOf(first);
    await expect.poll(() => second.state).toBe('running');
    expect(distillations.running[0]!.options.resume).toBe(true);
    expect(trainings.running).toHaveLength(1);
    distillations.running[0]!.fail(new TaxonError({ code: 'internal', message: 'died' }));
    await expect.poll(() => third.state).toBe('running');
    expect(second).toMatchObject({ state: 'failed', error: { message: 'died' } });
  });

  it('never write to the same place, and a cancelled one that waits leaves the queue', async () => {
    const queue = createJobQueue();
    const [trainings, distillations] = [await open('training', queue), await open('distillation', queue)];
    const runs = trainings.jobs.start({ output: '/a' }, false);
    const waits = trainings.jobs.start({ output: '/b' }, false);
    for (const [output, writer] of [
      ['/a', runs],
      ['/b', waits],
    ] as const)
      expect(() => distillations.jobs.start({ output }, false)).toThrow(
        expect.objectContaining({
          code: 'already_exists',
          message: `output: training ${writer.id}, which has not ended, writes to ${output} too`,
        }),
      );
    trainings.jobs.cancel(waits, 'not needed');
    expect(await eventsOf(waits)).toEqual([{ state: 'queued' }, { state: 'cancelled', code: 'cancelled' }]);
    const next = distillations.jobs.start({ output: '/b' }, false);
    expect(distillations.jobs.queuedBehind(next)).toBe(1);
    trainings.jobs.cancel(runs, 'enough');
    await expect.poll(() => next.state).toBe('running');
  });

  it('each have a limit of their own, which counts those that wait alone', async () => {
    const queue = createJobQueue();
    const [a, b] = [await open('training', queue, { maxQueued: 0 }), await open('distillation', queue)];
    const runs = a.jobs.start({ output: '/a' }, false);
    b.jobs.start({ output: '/b' }, false);
    expect(() => a.jobs.start({ output: '/c' }, false)).toThrow(
      '0 trainings wait already, which is the limit (maxQueued)',
    );
    a.running[0]!.finish();
    await eventsOf(runs);
  });

  it('start nothing of a service that closes, and go on with the other', async () => {
    const queue = createJobQueue();
    const [a, b] = [await open('training', queue), await open('distillation', queue)];
    const [runs, waits] = [a.jobs.start({ output: '/a' }, false), a.jobs.start({ output: '/b' }, false)];
    const other = b.jobs.start({ output: '/c' }, false);
    a.jobs.close('stopping');
    await a.jobs.idle();
    expect([runs.state, waits.state]).toEqual(['cancelled', 'cancelled']);
    expect(a.running).toHaveLength(1);
    await expect.poll(() => other.state).toBe('running');
    expect(() => a.jobs.start({ output: '/d' }, false)).toThrow(
      expect.objectContaining({ code: 'unavailable', message: 'stopping' }),
    );
  });
});

describe('jobs that are kept', () => {
  let folder = '';
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'taxon-kept-'));
  });
  const opened: Awaited<ReturnType<typeof open>>[] = [];
  afterEach(async () => {
    for (const { jobs } of opened.splice(0)) {
      jobs.close('the test is over');
      await jobs.idle();
    }
    await rm(folder, { recursive: true });
  });
  const reopen = async (options: { keepEnded?: number; onKeepingError?: (error: unknown) => void } = {}) => {
    const service = await open('training', createJobQueue(), { folder: join(folder, 'jobs'), ...options });
    opened.push(service);
    return service;
  };
  const facts = ({ id, state, request, result, error }: TestJob) => ({ id, state, request, result, code: error?.code });

  it('are listed again after a restart, with how they ended', async () => {
    const { jobs, running } = await reopen();
    const ended = ['/a', '/b', '/c'].map((output) => jobs.start({ output }, false));
    running[0]!.options.onEvent({ note: 'n' });
    running[0]!.finish();
    await expect.poll(() => running.length).toBe(2);
    running[1]!.fail(new TaxonError({ code: 'invalid_input', message: 'bad', hint: 'mend it' }));
    await expect.poll(() => running.length).toBe(3);
    jobs.cancel(ended[2]!, 'no');
    await jobs.idle();
    const again = (await reopen()).jobs;
    expect(again.list().map(facts)).toEqual(jobs.list().map(facts));
    expect(again.get(ended[1]!.id).error).toMatchObject({ message: 'bad', hint: 'mend it' });
    // The last event is the one that a watcher knew as such.
    const { lastSequence } = ended[0]!.history;
    expect(lastSequence).toBe(4n);
    expect(await eventsOf(again.get(ended[0]!.id), lastSequence - 1n)).toEqual([
      { state: 'succeeded', result: 'made /a' },
    ]);
    expect(await eventsOf(again.get(ended[0]!.id), lastSequence)).toEqual([]);
  });

  it('are interrupted when the service went away, and watchers who go on hear of it', async () => {
    const { jobs, running } = await reopen();
    const [runs, waits] = [jobs.start({ output: '/a' }, false), jobs.start({ output: '/b' }, true)];
    for (let done = 0; done < 2500; done++) running[0]!.options.onEvent({ progress: done });
    const seen = runs.history.lastSequence;
    const kept = async () => (await readdir(join(folder, 'jobs'))).filter((name) => name.endsWith('.json'));
    await expect.poll(kept).toHaveLength(2);
    // As if this process had ended here: nothing more is said to the first service.
    await expect.poll(async () => (await reopen()).jobs.get(runs.id).history.lastSequence > seen).toBe(true);
    const again = (await reopen()).jobs;
    expect(again.list().map(facts)).toEqual([
      { id: waits.id, state: 'interrupted', request: { output: '/b' }, result: undefined, code: 'unavailable' },
      { id: runs.id, state: 'interrupted', request: { output: '/a' }, result: undefined, code: 'unavailable' },
    ]);
    expect(again.get(runs.id).error?.message).toBe('the training service ended while this training ran');
    expect(await eventsOf(again.get(runs.id), seen)).toEqual([{ state: 'interrupted', code: 'unavailable' }]);
  });

  it('are forgotten on disk as in memory, and damaged files are named and left alone', async () => {
    const { jobs, running } = await reopen({ keepEnded: 2 });
    for (const output of ['/a', '/b', '/c']) {
      const job = jobs.start({ output }, false);
      running.at(-1)!.finish();
      await eventsOf(job);
    }
    await jobs.idle();
    await jobs.idle();
    const names = await readdir(join(folder, 'jobs'));
    expect(names).toHaveLength(2);
    const damaged = join(folder, 'jobs', names[0]!);
    await writeFile(damaged, '{"version": 1');
    const errors: unknown[] = [];
    const again = (await reopen({ onKeepingError: (error) => errors.push(error) })).jobs;
    expect(again.list()).toHaveLength(1);
    expect(errors).toMatchObject([{ message: `${damaged} is no job of ours` }]);
    expect(await readFile(damaged, 'utf8')).toBe('{"version": 1');
  });

  it('are not in the way where the disk refuses them', async () => {
    await writeFile(join(folder, 'jobs'), 'a file');
    await expect(reopen()).rejects.toMatchObject({
      code: 'failed_precondition',
      message: expect.stringContaining(`${join(folder, 'jobs')}, the folder of kept jobs, cannot be read`),
    });
    await rm(join(folder, 'jobs'));
    const errors: unknown[] = [];
    const { jobs, running } = await reopen({ onKeepingError: (error) => errors.push(error) });
    await writeFile(join(folder, 'jobs'), 'a file');
    const job = jobs.start({ output: '/a' }, false);
    running[0]!.finish();
    expect(await eventsOf(job)).toHaveLength(3);
    await jobs.idle();
    expect(errors).toHaveLength(3);
  });

  it('belong to the process that runs them', async () => {
    const { jobs, running } = await reopen();
    const job = jobs.start({ output: '/a' }, false);
    running[0]!.finish();
    await eventsOf(job);
    await jobs.idle();
    const path = join(folder, 'jobs', `${job.id}.json`);
    const record = JSON.parse(await readFile(path, 'utf8')) as Record<string, unknown>;
    // The parent of this process surely runs.
    await writeFile(path, JSON.stringify({ ...record, state: 'running', pid: process.ppid }));
    expect((await reopen()).jobs.list()).toEqual([]);
    expect(JSON.parse(await readFile(path, 'utf8'))).toMatchObject({ state: 'running' });
  });
});
