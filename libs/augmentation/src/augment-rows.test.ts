import { setTimeout as sleep } from 'node:timers/promises';
import { TaxonError } from '@taxon/errors';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { augmentRows } from './augment-rows.ts';
import { parseAugmentOptions } from './parse-options.ts';
import { profileRows } from './profile.ts';
import type { AugmentedRow, Row } from './row.ts';
import { augment, manyRows, oneTask, rowsOf, streamOf } from './testing.ts';

const edits = [{ name: 'swap' }, { name: 'delete' }, { name: 'insert', weight: 2 }];

describe('policies', () => {
  const rows = [...manyRows(30, 1), ...manyRows(42, 3).slice(36)].map((row, i) => ({ ...row, id: `f:${i}` }));
  const sizes = (made: readonly AugmentedRow[]): Record<string, number> => {
    const counts: Record<string, number> = {};
    for (const { labels } of [...rows, ...made]) counts[labels[0]![0]!] = (counts[labels[0]![0]!] ?? 0) + 1;
    return counts;
  };

  it('a target fills sparse classes up to it and leaves the others', async () => {
    expect(sizes([])).toEqual({ 'class 0': 32, 'class 1': 2, 'class 2': 2 });
    const to10 = await augment(rows, { methods: edits, policy: { target: 10 } });
    expect(sizes(to10.made)).toEqual({ 'class 0': 32, 'class 1': 10, 'class 2': 10 });
    const largest = await augment(rows, { methods: edits, policy: { target: 'largest' } });
    expect(sizes(largest.made)).toEqual({ 'class 0': 32, 'class 1': 32, 'class 2': 32 });
    const median = await augment(rows, { methods: edits, policy: { target: 'median' } });
    expect(median.made).toEqual([]);
  });

  it('below, labels, perLabel and mostPerRow bound what is made', async () => {
    const sparse = await augment(rows, { methods: edits, policy: { below: 5, perRow: 2 } });
    expect(sizes(sparse.made)).toEqual({ 'class 0': 32, 'class 1': 6, 'class 2': 6 });
    const only = await augment(rows, { methods: edits, policy: { labels: ['class 1'] } });
    expect(sizes(only.made)).toEqual({ 'class 0': 32, 'class 1': 4, 'class 2': 2 });
    const capped = await augment(rows, { methods: edits, policy: { perLabel: 3 } });
    expect(sizes(capped.made)).toEqual({ 'class 0': 35, 'class 1': 4, 'class 2': 4 });
    const most = await augment(rows, { methods: edits, policy: { target: 30, mostPerRow: 2 } });
    expect(sizes(most.made)).toEqual({ 'class 0': 32, 'class 1': 6, 'class 2': 6 });
    await expect(augment(rows, { policy: { labels: ['clas 1'] } })).rejects.toThrow(/no row has/);
  });

  it('rows of several labels and tasks keep all of them, and count by the label that wants most', async () => {
    const tasks = [
      { name: 'topic', kind: 'single-label' as const },
      { name: 'tags', kind: 'multi-label' as const },
    ];
    const given = manyRows(6).map((row, i) => ({
      ...row,
      pair: 'and this one',
      labels: [['t'], i === 0 ? ['rare', 'common'] : ['common']],
    }));
    const policy = { target: 4, task: 'tags' };
    const { made } = await augment(given, { methods: edits, policy }, { tasks });
    expect(made).toHaveLength(3);
    for (const row of made) {
      expect(row).toMatchObject({ labels: [['t'], ['rare', 'common']], pair: 'and this one' });
      expect(row.origin.parent).toBe(given[0]!.id);
    }
  });

  it('says what a stream that is read once cannot have', async () => {
    const run = (policy: object) =>
      augmentRows(streamOf(rows), parseAugmentOptions({ methods: edits, policy }), { tasks: oneTask })
        [Symbol.asyncIterator]()
        .next();
    await expect(run({ target: 5 })).rejects.toThrow(/need the counts of all classes/);
    expect((await run({ perRow: 2 })).done).toBe(false);
    await expect(augment(rows, { policy: { rows: 'hard' } })).rejects.toThrow(/nothing says which rows/);
  });
});

describe('the quality gate', () => {
  it('keeps no text twice, nor one that a row has, before or after', async () => {
    const given = rowsOf(['one two', 'a'], ['Two  ONE', 'a'], ['three four', 'b']);
    const { made, summary } = await augment(given, { methods: [{ name: 'swap' }], policy: { perRow: 2 } });
    expect(made.map(({ text }) => text)).toEqual(['four three']);
    expect(summary.methods[0]).toMatchObject({ name: 'swap', kept: 1 });
    expect(summary.methods[0]!.dropped.repeat).toBeGreaterThan(4);
    expect(summary.wanted).toBe(6);
    expect(summary.kept).toBe(1);
  });

  it('counts what it did, with examples and diversity', async () => {
    const { made, summary } = await augment(manyRows(40), { methods: edits, policy: { perRow: 2 } });
    expect(summary.kept).toBe(made.length);
    expect(summary.methods.reduce((sum, { kept }) => sum + kept, 0)).toBe(made.length);
    expect(summary.labels.reduce((sum, one) => sum + one.made, 0)).toBe(made.length);
    expect(summary.methods[0]!.examples.kept.length).toBeGreaterThan(0);
    expect(summary.diversity.both.texts).toBe(40 + made.length);
    expect(summary.diversity.both.distinct2).toBeLessThan(summary.diversity.rows.distinct2);
  });
});

describe('determinism', () => {
  it('another seed, other texts; the same seed, the same', async () => {
    const options = { methods: edits, policy: { perRow: 1 } };
    const [a, b, c] = await Promise.all([0, 0, 1].map((seed) => augment(manyRows(50), { ...options, seed })));
    expect(a!.made).toEqual(b!.made);
    expect(a!.texts).not.toEqual(c!.texts);
  });

  it('goes on from any row to the same texts', async () => {
    const rows = manyRows(1200);
    const options = parseAugmentOptions({ methods: edits, policy: { perRow: 1.5, perLabel: 500 } });
    const profile = await profileRows(streamOf(rows), { seed: 0 });
    const context = { tasks: oneTask, profile };
    const whole: AugmentedRow[] = [];
    const stops: { rows: number; made: number }[] = [];
    const first = augmentRows(streamOf(rows), options, context);
    for await (const row of first) {
      if (first.rowsDone > (stops.at(-1)?.rows ?? 0)) stops.push({ rows: first.rowsDone, made: whole.length });
      whole.push(row);
    }
    expect(stops.length).toBeGreaterThan(2);
    for (const stop of stops) {
      const made = (async function* () {
        await Promise.resolve();
        yield* whole.slice(0, stop.made);
      })();
      const rest: AugmentedRow[] = [];
      const again = augmentRows(streamOf(rows), options, { ...context, resume: { rows: stop.rows, made } });
      for await (const row of again) rest.push(row);
      expect(rest).toEqual(whole.slice(stop.made));
      expect(again.summary().kept).toBe(whole.length);
    }
  });

  it('makes the same texts of rows that come at once, one by one, or as they like', async () => {
    // Few words, so that texts repeat each other often, within a batch as across two.
    const word = fc.constantFrom('a', 'b', 'c');
    const text = fc.array(word, { minLength: 1, maxLength: 4 }).map((words) => words.join(' '));
    const policy = fc.record({ perRow: fc.constantFrom(0.5, 1, 3) });
    const run = async (rows: readonly Row[], options: object, waitsBefore: (i: number) => boolean) => {
      async function* source(): AsyncGenerator<Row> {
        for (const [i, row] of rows.entries()) {
          if (waitsBefore(i)) await sleep(3);
          yield row;
        }
      }
      const parsed = parseAugmentOptions({ methods: edits, ...options });
      const augmentation = augmentRows(source(), parsed, { tasks: oneTask, flushAfter: 0 });
      const made: AugmentedRow[] = [];
      for await (const row of augmentation) made.push(row);
      const { methods, kept } = augmentation.summary();
      return { made, methods, kept };
    };
    await fc.assert(
      fc.asyncProperty(
        fc.array(text, { minLength: 1, maxLength: 24 }),
        fc.array(fc.boolean(), { maxLength: 24 }),
        fc.boolean(),
        policy,
        async (texts, waits, unique, policy) => {
          const rows = rowsOf(...texts.map((one): [string, string] => [one, 'a']));
          const options = { policy, quality: { unique, attempts: 3 } };
          const atOnce = await run(rows, options, () => false);
          expect(await run(rows, options, (i) => waits[i] ?? false)).toEqual(atOnce);
          expect(await run(rows, options, () => true)).toEqual(atOnce);
        },
      ),
      { numRuns: 25 },
    );
  });

  it('fills a label to the same texts, whatever is looked at together', async () => {
    const rows = manyRows(700, 2);
    const input = { methods: edits, policy: { perRow: 2, perLabel: 300 }, quality: { attempts: 2 } };
    const { made } = await augment(rows, input);
    expect(made).toHaveLength(600);
    const slowly = async function* () {
      for (const [i, row] of rows.entries()) {
        if (i % 97 === 0) await sleep(3);
        yield row;
      }
    };
    const profile = await profileRows(streamOf(rows), { seed: 0 });
    const again: AugmentedRow[] = [];
    const context = { tasks: oneTask, profile, flushAfter: 0 };
    for await (const row of augmentRows(slowly(), parseAugmentOptions(input), context)) again.push(row);
    expect(again).toEqual(made);
  });

  it('answers before the source goes on', async () => {
    let answer: (row: AugmentedRow) => void = () => undefined;
    async function* dialogue(): AsyncGenerator<Row> {
      for (const row of manyRows(3)) {
        const answered = new Promise<AugmentedRow>((resolve) => (answer = resolve));
        yield row;
        expect((await answered).origin.parent).toBe(row.id);
      }
    }
    let met = 0;
    for await (const row of augmentRows(dialogue(), parseAugmentOptions({ methods: edits }), { tasks: oneTask })) {
      met++;
      answer(row);
    }
    expect(met).toBe(3);
  });

  it('passes over rows that were made before, and repeats none of them', async () => {
    const [row] = rowsOf(['one two', 'a']);
    const earlier = { ...row!, id: 'g:1', text: 'two one', origin: { method: 'swap', parent: 'f:2' } };
    const { made, summary } = await augment([row!, earlier], { methods: [{ name: 'swap' }] });
    expect(made).toEqual([]);
    expect(summary.rows).toBe(1);
  });
});

it('stops where it is cancelled', async () => {
  const stop = new AbortController();
  const options = parseAugmentOptions({ methods: edits });
  const run = augmentRows(streamOf(manyRows(2000)), options, { tasks: oneTask, signal: stop.signal });
  let met = 0;
  const going = (async () => {
    for await (const { text } of run)
      if (text !== '' && ++met === 300) stop.abort(new TaxonError({ code: 'cancelled', message: 'enough' }));
  })();
  await expect(going).rejects.toMatchObject({ code: 'cancelled' });
  expect(met).toBeLessThan(600);
});
