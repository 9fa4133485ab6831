import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { once, openEffects, type EffectStore } from './effects.ts';

const increment = (store: EffectStore): void => store.update('n', (before) => String(Number(before ?? 0) + 1));

describe('effects', () => {
  let folder = '';
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'taxon-effects-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('are done once an id, and remembered with their results', async () => {
    let calls = 0;
    const act = (store: EffectStore) => {
      increment(store);
      return { call: ++calls };
    };
    {
      await using effects = await openEffects(folder, { scope: 's' });
      expect(await once(effects, 'a', act)).toEqual({ result: { call: 1 }, first: true });
      expect(await once(effects, 'a', act)).toEqual({ result: { call: 1 }, first: false });
    }
    await using effects = await openEffects(folder, { scope: 's' });
    expect(await once(effects, 'a', act)).toEqual({ result: { call: 1 }, first: false });
    expect(await once(effects, 'b', act)).toEqual({ result: { call: 2 }, first: true });
    expect(effects.get('n')).toBe('2');
  });

  it('of one id do not run side by side in a process', async () => {
    await using effects = await openEffects(folder, { scope: 's' });
    let calls = 0;
    const slow = async (store: EffectStore) => {
      calls++;
      await new Promise((resolve) => setTimeout(resolve, 10));
      increment(store);
    };
    const all = await Promise.all(Array.from({ length: 5 }, () => once(effects, 'a', slow)));
    expect(all.filter(({ first }) => first)).toHaveLength(1);
    expect({ calls, n: effects.get('n') }).toEqual({ calls: 1, n: '1' });
  });

  it('of many ids at once lose no change, in two processes’ stores', async () => {
    await using one = await openEffects(folder, { scope: 's' });
    await using two = await openEffects(folder, { scope: 's' });
    const ids = Array.from({ length: 300 }, (_, i) => `id ${i}`);
    // Every id in both: each is done by one of them.
    const results = await Promise.all([one, two].flatMap((store) => ids.map((id) => once(store, id, increment))));
    expect(results.filter(({ first }) => first)).toHaveLength(300);
    expect(one.get('n')).toBe('300');
  });

  it('that fail leave nothing, and may be tried again', async () => {
    await using effects = await openEffects(folder, { scope: 's' });
    const failing = (store: EffectStore): never => {
      increment(store);
      throw new Error('no');
    };
    await expect(once(effects, 'a', failing)).rejects.toThrow('no');
    const badChange = (store: EffectStore) =>
      store.update('n', () => {
        throw new Error('bad change');
      });
    // One that fails in the shared transaction takes no other with it.
    const [failed, done] = await Promise.allSettled([once(effects, 'a', badChange), once(effects, 'b', increment)]);
    expect(failed).toMatchObject({ status: 'rejected', reason: { message: 'bad change' } });
    expect(done).toMatchObject({ status: 'fulfilled', value: { first: true } });
    expect(await once(effects, 'a', increment)).toMatchObject({ first: true });
    expect(effects.get('n')).toBe('2');
  });

  it('of another scope are others', async () => {
    await using one = await openEffects(folder, { scope: 'one' });
    await using two = await openEffects(folder, { scope: 'two' });
    await once(one, 'a', increment);
    expect(await once(two, 'a', (store) => store.get('n') ?? 'none')).toEqual({ result: 'none', first: true });
  });

  it('can be taken away', async () => {
    await using effects = await openEffects(':memory:', { scope: 's' });
    await once(effects, 'a', increment);
    await once(effects, 'b', (store) => store.update('n', () => undefined));
    expect(effects.get('n')).toBeUndefined();
  });

  it('are forgotten when there are too many', async () => {
    await using effects = await openEffects(folder, { scope: 's', keep: 50 });
    const { records } = effects;
    await Promise.all(Array.from({ length: 200 }, (_, i) => once(effects, `id ${i}`, () => i)));
    expect([records.find('id 0'), records.find('id 199')]).toEqual([undefined, '199']);
    await expect(openEffects(folder, { scope: 's', keep: 0 })).rejects.toThrow('keep is 0');
  });
});
