import { TaxonError } from '@taxon/errors';
import { createEvent, openEventBus, type EventBus, type TaxonEvent } from '@taxon/events';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createEventOutbox } from './event-outbox.ts';
import { createRecentPredictions } from './recent-predictions.ts';
import { parsePredictionId, predictionId } from './prediction-id.ts';

let bus: EventBus;
beforeEach(async () => {
  bus = await openEventBus({ url: 'memory:' });
});
afterEach(() => bus.close());

const made = (text: string): TaxonEvent =>
  createEvent(
    'taxon.prediction.made',
    { predictionId: text, model: 'm', version: 1, text, answers: [], samplingRate: 1, embedding: [], shadow: false },
    { source: '/test', id: text },
  );
const kept = async (): Promise<string[]> => {
  const ids: string[] = [];
  for await (const { headers } of bus.read({ topic: 'taxon.prediction.v1' })) ids.push(headers['ce_id']!);
  return ids;
};

describe('outbox', () => {
  const open = (events: Pick<EventBus, 'publish'>, size: number) => {
    const counted = { published: 0, dropped: 0 };
    const errors: unknown[] = [];
    const outbox = createEventOutbox({
      ...{ events, size },
      count: (outcome, n) => (counted[outcome] += n),
      onError: (error) => errors.push(error),
    });
    return { outbox, counted, errors };
  };

  it('publishes all, in order, also what comes while it publishes', async () => {
    const { outbox, counted } = open(bus, 10_000);
    const names = Array.from({ length: 1000 }, (_, i) => `e${i}`);
    for (const [i, name] of names.entries()) {
      outbox.push(made(name));
      if (i % 97 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    await outbox.close(20_000);
    expect(await kept()).toEqual(names);
    expect(counted).toEqual({ published: 1000, dropped: 0 });
  });

  it('tries again until the bus is back, and drops what there is no room for', async () => {
    let away = true;
    const publish: EventBus['publish'] = (events) =>
      away ? Promise.reject(new TaxonError({ code: 'unavailable', message: 'away' })) : bus.publish(events);
    const { outbox, counted, errors } = open({ publish }, 5);
    for (let i = 0; i < 8; i++) outbox.push(made(`e${i}`));
    await expect.poll(() => errors.length).toBeGreaterThan(1);
    away = false;
    await outbox.close(20_000);
    expect(await kept()).toEqual(['e0', 'e1', 'e2', 'e3', 'e4']);
    expect(counted).toEqual({ published: 5, dropped: 3 });
  });

  it('is not held up by an event that cannot be written', async () => {
    const { outbox, counted, errors } = open(bus, 10);
    for (const text of ['a', 'x'.repeat(2_000_000), 'b']) outbox.push(made(text));
    await outbox.close(20_000);
    expect(await kept()).toEqual(['a', 'b']);
    expect(counted).toEqual({ published: 2, dropped: 1 });
    expect(errors).toHaveLength(1);
  });

  it('ends in time when the bus stays away', async () => {
    const publish: EventBus['publish'] = (_, { signal } = {}) =>
      new Promise((_resolve, reject) => signal?.addEventListener('abort', () => reject(new Error('stopped'))));
    const { outbox, counted } = open({ publish }, 10);
    outbox.push(made('a'));
    await outbox.close(20);
    outbox.push(made('b'));
    expect(counted).toEqual({ published: 0, dropped: 2 });
  });
});

describe('recent predictions', () => {
  it('are the newest, fewer where their texts are long', () => {
    const recent = createRecentPredictions(3);
    const remember = (id: string, length = 1) => recent.remember(id, { text: 'x'.repeat(length), answers: [] });
    for (const id of ['a', 'b', 'c', 'd']) remember(id);
    expect(['a', 'b', 'c', 'd'].filter((id) => recent.get(id))).toEqual(['b', 'c', 'd']);
    remember('long', 1499);
    expect(['b', 'c', 'd', 'long'].filter((id) => recent.get(id))).toEqual(['d', 'long']);
    remember('longer', 5000);
    expect(recent.get('longer')).toBeUndefined();
    expect(recent.get('long')).toBeDefined();
  });
});

describe('prediction ids', () => {
  it('tell the model and the version to whoever reads them', () => {
    for (const model of ['intents', 'a.b-c_1', 'intents@canary']) {
      const id = predictionId({ model, version: 12 }, 'call.3', 7);
      expect(parsePredictionId(id)).toEqual({ model, version: 12 });
    }
    for (const wrong of ['', 'intents', 'intents@1', 'intents@x/1-0', '@1/a-0', 'a/b@1/c-0', 'a@1/b c'])
      expect(parsePredictionId(wrong)).toBeUndefined();
  });
});
