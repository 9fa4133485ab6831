import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { JobState } from '@taxon/contracts';
import { decodeEvent, openEventBus, type EventBus } from '@taxon/events';
import { TaxonError } from '@taxon/errors';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createJobQueue, openJobs } from './index.ts';
import { controlledKind } from './testing.ts';

let folder: string;
let bus: EventBus;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'taxon-told-'));
  bus = await openEventBus({ folder: join(folder, 'events') });
});
afterEach(async () => {
  await bus.close();
  await rm(folder, { recursive: true });
});

const open = async (on: EventBus = bus) => {
  const { kind, running } = controlledKind('training');
  const own = { maxQueued: 5, keepEnded: 10, folder: join(folder, 'jobs'), queue: createJobQueue() };
  const jobs = await openJobs(kind, { ...own, events: { bus: on, source: '/trainer' } });
  return { jobs, running };
};
const told = async () => {
  const ended: Record<string, unknown>[] = [];
  for await (const stored of bus.read({ topic: 'taxon.job.v1' })) {
    const { id, data } = decodeEvent(stored);
    ended.push({ id, ...data });
  }
  return ended;
};

it('jobs tell how they ended, and why', async () => {
  const { jobs, running } = await open();
  const [good, bad] = [jobs.start({ output: '/a' }, false), jobs.start({ output: '/b' }, false)];
  running[0]!.finish();
  await expect.poll(() => bad.state).toBe('running');
  running[1]!.fail(new TaxonError({ code: 'invalid_input', message: 'no such label' }));
  await expect.poll(() => bad.told).toBe(true);
  const common = { service: 'training service', kind: 'training' };
  const first = [
    {
      id: `${good.id}/succeeded`,
      jobId: good.id,
      ...common,
      state: JobState.JOB_STATE_SUCCEEDED,
      output: '/a',
      code: '',
      message: '',
    },
    {
      id: `${bad.id}/failed`,
      jobId: bad.id,
      ...common,
      state: JobState.JOB_STATE_FAILED,
      output: '/b',
      code: 'invalid_input',
      message: 'no such label',
    },
  ];
  expect(await told()).toEqual(first);
});

it('what could not be told is told by the next life', async () => {
  const away: EventBus = { ...bus, publish: () => Promise.reject(new Error('the bus is away')) };
  const before = await open(away);
  const job = before.jobs.start({ output: '/a' }, false);
  before.running[0]!.finish();
  await expect.poll(() => job.state).toBe('succeeded');
  await before.jobs.idle();
  expect(job.told).toBe(false);
  expect(await told()).toEqual([]);
  const after = await open();
  await expect.poll(() => after.jobs.get(job.id).told).toBe(true);
  await after.jobs.idle();
  const again = await open();
  await again.jobs.idle();
  expect((await told()).map(({ id }) => id)).toEqual([`${job.id}/succeeded`]);
}, 15_000);
