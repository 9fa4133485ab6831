import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { encodeEvent } from '../cloud-events.ts';
import { deadTopicOf, readDeadLetter, reviveDeadLetter } from '../dead-letters.ts';
import type { StoredEvent, TaxonEvent } from '../event.ts';
import { done, doneTopic, onDone, quick, range, readAll, until, type ContractSetting } from './setting.ts';

const asStored = (event: TaxonEvent, over: Partial<StoredEvent> = {}): StoredEvent => ({
  ...encodeEvent(event),
  ...{ partition: 0, offset: 0n, timestamp: new Date() },
  ...over,
});

/** What cannot be handled does not hold up the rest. */
export const failureTests = (setting: () => ContractSetting): void => {
  it('delivers again what failed, before what comes after it', async () => {
    await using bus = await setting().connect();
    const seen: [string, number][] = [];
    const errors: unknown[] = [];
    const handlers = onDone((unit, _, { attempt }) => {
      seen.push([unit, attempt]);
      if (unit === '1' && attempt < 3) throw new Error(`not yet ${attempt}`);
    });
    bus.subscribe({ group: 'g', handlers, retry: quick, onError: (error) => errors.push(error) });
    await bus.publish(range(3).map((unit) => done('run', unit)));
    const expected = [['0', 1], ['1', 1], ['1', 2], ['1', 3], ['2', 1]]; // prettier-ignore
    await until(() => expect(seen).toEqual(expected));
    expect(errors.map(String)).toEqual(['Error: not yet 1', 'Error: not yet 2']);
    expect(await bus.topics()).toEqual([doneTopic]);
  });

  it('puts what failed for good into the dead-letter topic, and goes on', async () => {
    await using bus = await setting().connect();
    const seen: string[] = [];
    const handlers = onDone((unit) => {
      if (unit === '1') throw new Error('never');
      seen.push(unit);
    });
    const events = range(3).map((unit) => done('run', unit));
    await bus.publish(events);
    bus.subscribe({ group: 'g', handlers, retry: quick });
    await until(() => expect(seen).toEqual(['0', '2']));
    const [letter, ...more] = await readAll(bus, { topic: deadTopicOf(doneTopic) });
    expect(more).toEqual([]);
    const origin = (await readAll(bus, { topic: doneTopic })).find(
      ({ headers }) => headers['ce_id'] === events[1]!.id,
    )!;
    expect(readDeadLetter(letter!)).toMatchObject({
      ...{ reason: 'never', code: 'internal', group: 'g', attempts: 3 },
      ...{ topic: doneTopic, partition: origin.partition, offset: origin.offset },
    });
    expect(letter).toMatchObject({ key: 'run', headers: origin.headers });
    expect(Buffer.from(letter!.value)).toEqual(Buffer.from(origin.value));
    expect(await bus.topics()).toEqual([doneTopic, deadTopicOf(doneTopic)]);
  });

  it('puts what cannot be believed there at once, with the reason', async () => {
    await using bus = await setting().connect();
    const poison = [
      asStored(done('run', 'bytes'), { value: Buffer.from([10, 200]) }),
      asStored(done('run', 'empty'), { value: new Uint8Array() }),
      asStored(done('run', 'headers'), { headers: {} }),
      asStored(done('run', 'type'), { headers: { ...asStored(done('a', 'b')).headers, ce_type: 'taxon.nothing' } }),
      asStored(done('run', 'topic'), {
        headers: { ...asStored(done('a', 'b')).headers, ce_type: 'taxon.model.refused' },
      }),
    ];
    await bus.republish(doneTopic, poison);
    await bus.publish([done('run', 'good')]);
    const seen: string[] = [];
    bus.subscribe({ group: 'g', handlers: onDone((unit) => seen.push(unit)), retry: quick });
    await until(() => expect(seen).toEqual(['good']));
    const letters = await readAll(bus, { topic: deadTopicOf(doneTopic) });
    expect(letters.map((letter) => readDeadLetter(letter)!.reason).toSorted()).toEqual([
      expect.stringContaining('its 2 bytes are no taxon.work.done'),
      expect.stringContaining('its header ce_specversion is missing'),
      expect.stringContaining("its payload's key '' names no entity"),
      "its type 'taxon.nothing' is unknown",
      'taxon.model.refused belongs to the topic taxon.model.v1, not to taxon.work.done.v1',
    ]);
    for (const letter of letters) expect(readDeadLetter(letter)).toMatchObject({ code: 'invalid_input', attempts: 0 });
  });

  it('gives a dead letter that is put back to the group that it comes from', async () => {
    await using bus = await setting().connect();
    let mended = false;
    const seen = { one: [] as string[], two: [] as string[] };
    const subscribe = (group: 'one' | 'two') =>
      bus.subscribe({
        ...{ group, retry: quick },
        handlers: onDone((unit) => {
          if (group === 'one' && !mended) throw new Error('broken');
          seen[group].push(unit);
        }),
      });
    subscribe('one');
    subscribe('two');
    await bus.publish([done('run', 'a')]);
    let letters: StoredEvent[] = [];
    await until(async () => {
      letters = await readAll(bus, { topic: deadTopicOf(doneTopic) });
      expect(letters).toHaveLength(1);
    });
    mended = true;
    await bus.republish(doneTopic, letters.map(reviveDeadLetter));
    await bus.publish([done('run', 'b')]);
    await until(() => expect(seen).toEqual({ one: ['a', 'b'], two: ['a', 'b'] }));
  });

  it('asks handlers to stop when it is closed, and delivers again what they did not end', async () => {
    const bus = await setting().connect();
    const began: string[] = [];
    let stopped = false;
    const handlers = onDone(async (unit, _, { signal }) => {
      began.push(unit);
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
      await sleep(30);
      stopped = true;
      throw new Error('stopped half-way');
    });
    const errors: unknown[] = [];
    const options = { group: 'g', retry: { ...quick, attempts: 1 } };
    bus.subscribe({ ...options, handlers, onError: (error) => errors.push(error) });
    await bus.publish([done('run', 'a'), done('run', 'b')]);
    await until(() => expect(began).toEqual(['a']));
    await bus.close();
    // Closing waited for the handler.
    expect({ stopped, errors }).toEqual({ stopped: true, errors: [] });
    await expect(bus.publish([done('run', 'c')])).rejects.toMatchObject({ code: 'failed_precondition' });

    await using again = await setting().connect();
    const seen: [string, number][] = [];
    again.subscribe({ ...options, handlers: onDone((unit, _, { attempt }) => seen.push([unit, attempt])) });
    await until(() => expect(seen.map(([unit]) => unit)).toEqual(['a', 'b']));
    expect(await again.topics()).toEqual([doneTopic]);
  });

  it('refuses what no subscription can be', async () => {
    await using bus = await setting().connect();
    expect(() => bus.subscribe({ group: '', handlers: onDone(() => undefined) })).toThrow('group');
    expect(() => bus.subscribe({ group: 'g', handlers: {} })).toThrow('handlers');
    expect(() => bus.subscribe({ group: 'g', handlers: onDone(() => undefined), concurrency: 0 })).toThrow(
      'concurrency',
    );
    expect(() => bus.subscribe({ group: 'g', handlers: onDone(() => undefined), retry: { attempts: 0 } })).toThrow(
      'retry.attempts',
    );
  });
};
