import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createEvent, openEventBus, type EventBus, type TaxonEvent } from '@taxon/events';
import { until } from '@taxon/events/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { bin, runProgram, type RunOptions } from './testing.ts';

const topic = 'taxon.model.v1';
const refused = (model: string, reason: string): TaxonEvent =>
  createEvent('taxon.model.refused', { model, version: 2, reason, comparisons: [] }, { source: '/test' });

describe('taxon events', () => {
  let folder = '';
  let bus: EventBus;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'taxon-cli-events-'));
    bus = await openEventBus({ folder: join(folder, 'events') });
  });
  afterEach(async () => {
    await bus.close();
    await rm(folder, { recursive: true });
  });
  const taxon = (args: string[], options: Partial<RunOptions> = {}) =>
    runProgram(process.execPath, [bin, 'events', ...args, '--bus', 'events'], { cwd: folder, ...options });
  const json = (text: string): Record<string, never>[] =>
    text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, never>);

  it('shows what there is, decoded', async () => {
    await bus.publish([refused('support', 'worse on feedback'), refused('reviews', 'too few')]);
    await bus.publish([
      createEvent('taxon.model.promoted', { model: 'support', version: 3, previousVersion: 1, reason: 'better', comparisons: [] }, { source: '/test' }), // prettier-ignore
    ]);
    expect((await taxon(['topics'])).out).toBe(`${topic}\n`);
    const all = await taxon(['tail', topic, '--json']);
    expect(json(all.out)).toMatchObject([
      { topic, key: 'support', data: { model: 'support', version: 2, reason: 'worse on feedback' } },
      { topic, key: 'reviews' },
      { headers: { ce_type: 'taxon.model.promoted' }, data: { version: 3, previousVersion: 1 } },
    ]);
    const filtered = await taxon(['tail', topic, '--key', 'support', '--type', 'taxon.model.refused', '--from', '1h']);
    expect(filtered.out.trim().split('\n')).toEqual([expect.stringContaining('"reason":"worse on feedback"')]);
    expect((await taxon(['tail', topic, '--from', 'latest'])).out).toBe('');
    expect((await taxon(['tail', topic, '--from', 'soon'])).err).toContain("--from is 'soon'");
  });

  it('follows until Ctrl-C', async () => {
    await bus.publish([refused('a', 'first')]);
    let published = false;
    const outcome = await taxon(['tail', topic, '--follow', '--json'], {
      onOutput: (child, { out }) => {
        if (!published) void bus.publish([refused('a', 'second')]);
        published = true;
        if (out.includes('second')) child.kill('SIGINT');
      },
    });
    expect(json(outcome.out)).toMatchObject([{ data: { reason: 'first' } }, { data: { reason: 'second' } }]);
    expect(outcome.code).toBe(0);
  });

  it('lists, shows, drops and puts back what could not be handled', async () => {
    let broken = true;
    const seen: string[] = [];
    const handler = (event: TaxonEvent<'taxon.model.refused'>): Promise<void> => {
      if (broken) return Promise.reject(new Error('no such folder'));
      seen.push(event.data.model);
      return Promise.resolve();
    };
    bus.subscribe({ group: 'g', handlers: { 'taxon.model.refused': handler }, retry: { attempts: 1 } });
    await bus.publish([refused('a', 'x'), refused('a', 'y')]);
    await until(async () => expect(await bus.lag('g')).toMatchObject([{ events: 0 }]));
    const { letters } = json((await taxon(['dead', 'list', '--json'])).out)[0]! as unknown as {
      letters: { id: string }[];
    };
    expect(letters).toMatchObject([
      { group: 'g', reason: 'no such folder', attempts: 1, topic, type: 'taxon.model.refused' },
      { group: 'g' },
    ]);
    const [first, second] = letters.map(({ id }) => id) as [string, string];
    expect((await taxon(['dead', 'show', first])).out).toMatch(/reason +no such folder[^]*"reason":"x"/u);
    expect((await taxon(['dead', 'drop', first])).out).toBe('1 letter dropped\n');
    expect((await taxon(['dead', 'drop', first])).err).toContain(`there is no dead letter ${first}`);
    broken = false;
    expect((await taxon(['dead', 'retry', second])).out).toBe('1 letter retried\n');
    await until(() => expect(seen).toEqual(['a']));
    expect((await taxon(['dead', 'list'])).err).toContain('no dead letters');
    expect(json((await taxon(['lag', 'g', '--json'])).out)).toEqual([{ lag: [{ group: 'g', topic, events: 0 }] }]);
  });

  it('replays to everybody or to one group', async () => {
    const seen = { one: [] as string[], two: [] as string[] };
    await bus.publish([refused('a', 'x'), refused('b', 'y')]);
    for (const group of ['one', 'two'] as const)
      bus.subscribe({
        group,
        handlers: { 'taxon.model.refused': ({ data }) => Promise.resolve(void seen[group].push(data.model)) },
      });
    await until(() => expect([seen.one.length, seen.two.length]).toEqual([2, 2]));
    expect((await taxon(['replay', topic, '--key', 'b', '--group', 'one'])).out).toContain('1 events published again');
    await until(() => expect(seen.one.toSorted()).toEqual(['a', 'b', 'b']));
    await taxon(['replay', topic, '--key', 'a', '--from', '1h']);
    await until(() => expect(seen.two.toSorted()).toEqual(['a', 'a', 'b']));
  });

  it('lists groups, and forgets one when it is told that it is gone for good', async () => {
    await bus.publish([refused('a', 'x')]);
    const handlers = { 'taxon.model.refused': () => Promise.resolve() };
    const subscription = bus.subscribe({ group: 'g', handlers });
    await until(async () => expect(await bus.lag('g')).toMatchObject([{ events: 0 }]));
    expect(json((await taxon(['groups', '--json'])).out)).toEqual([{ lag: [{ group: 'g', topic, events: 0 }] }]);
    expect((await taxon(['forget', 'g'])).err).toContain('Give --yes');
    expect((await taxon(['forget', 'g', '--yes'])).err).toContain('a consumer of the group g lives');
    await subscription.close();
    expect((await taxon(['forget', 'g', '--yes'])).out).toBe('group g forgotten\n');
    expect((await taxon(['forget', 'g', '--yes'])).err).toContain('there is no group g');
    expect(await bus.groups()).toEqual([]);
  });

  it('says what is missing, and has examples', async () => {
    const nowhere = await runProgram(process.execPath, [bin, 'events', 'topics'], { cwd: folder });
    expect(nowhere).toMatchObject({ code: 2, err: expect.stringContaining('Give --bus FOLDER') });
    const absent = await runProgram(process.execPath, [bin, 'events', 'topics', '--bus', 'no'], { cwd: folder });
    expect(absent).toMatchObject({ code: 2, err: expect.stringContaining('no: there is no such folder of events') });
    const help = await runProgram(process.execPath, [bin, 'events', '--help'], { cwd: folder });
    expect(help.out).toContain('taxon events dead retry');
  });
});
