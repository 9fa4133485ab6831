import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { OpenedFile } from '../augment-file.ts';
import { parseAugmentOptions } from '../parse-options.ts';
import { profileRows } from '../profile.ts';
import type { AugmentedRow, Row } from '../row.ts';
import { augment, manyRows, oneTask, rowsOf, streamOf } from '../testing.ts';
import { augmentSliced, sliceOptions } from './augment-sliced.ts';
import { openSliceAugmenter } from './open-slice-augmenter.ts';
import { sliceResultSchema, sliceSchema, type Slice, type SliceResult } from './slice.ts';

const edits = [{ name: 'swap' }, { name: 'delete' }, { name: 'insert', weight: 2 }, { name: 'mix' }];

/** What comes out of JSON. */
const sent = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

/** Slices done by one augmenter each, in another order than they were asked for, and one of them twice. */
const augmentApart = async (rows: readonly Row[], input: object, mostRows: number) => {
  const options = parseAugmentOptions(input);
  const profile = await profileRows(streamOf(rows), { seed: options.seed });
  const results = new Map<string, SliceResult>();
  const slices: { name: string; slice: Slice }[] = [];
  const make = async (slice: Slice, first = slice): Promise<SliceResult> => {
    const augmenter = await openSliceAugmenter(parseAugmentOptions(sent(sliceOptions(options))), oneTask, first, {});
    const result = await augmenter.augment(slice);
    await augmenter.dispose();
    return sliceResultSchema.parse(sent(result));
  };
  const opened = { tasks: oneTask, profile, rows: () => streamOf(rows) } as unknown as OpenedFile;
  const run = augmentSliced(opened, options, {
    mostRows,
    haveDone: async (asked) => {
      for await (const { name, slice } of asked) slices.unshift({ name, slice: sliceSchema.parse(sent(slice)) });
      for (const { name, slice } of slices) results.set(name, await make(slice, slices[0]!.slice));
      if (slices.length > 0) expect(await make(slices[0]!.slice)).toEqual(results.get(slices[0]!.name));
    },
    resultOf: (name) => Promise.resolve(results.get(name)!),
  });
  const made: AugmentedRow[] = [];
  for await (const row of run) made.push(row);
  return { made, slices, summary: run.summary(), texts: made.map(({ text }) => text) };
};

describe('slices of a dataset', () => {
  it('one slice gives the very texts and counts of the dataset', async () => {
    const policies = [{ perRow: 2.5 }, { target: 'largest' }, { perLabel: 7, perRow: 3 }, { below: 15 }];
    const rows = [...manyRows(40, 3), ...manyRows(50, 1).slice(40)].map((row, i) => ({ ...row, id: `f:${i}` }));
    for (const policy of policies) {
      const alone = await augment(rows, { methods: edits, policy });
      const apart = await augmentApart(rows, { methods: edits, policy }, 1000);
      expect(apart.made).toEqual(alone.made);
      expect({ ...apart.summary, seconds: 0 }).toEqual({ ...alone.summary, seconds: 0 });
    }
  });

  it('several give each row what it would have had, but for repeats, and keep what limits labels', async () => {
    const size = fc.integer({ min: 3, max: 40 });
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 60 }),
        size,
        fc.integer({ min: 1, max: 9 }),
        async (n, most, perLabel) => {
          const rows = manyRows(n, 3);
          const input = { methods: edits, policy: { perRow: 2, perLabel } };
          const { made, texts, summary } = await augmentApart(rows, input, most);
          const forms = [...rows.map(({ text }) => text), ...texts].map((text) => text.toLowerCase());
          expect(new Set(forms).size).toBe(forms.length);
          for (const label of ['class 0', 'class 1', 'class 2'])
            expect(made.filter(({ labels }) => labels[0]![0] === label).length).toBeLessThanOrEqual(perLabel);
          const parents = made.map(({ origin }) => rows.findIndex(({ id }) => id === origin.parent));
          expect(parents).toEqual([...parents].sort((a, b) => a - b));
          expect([summary.rows, summary.kept]).toEqual([n, made.length]);
        },
      ),
      { numRuns: 20 },
    );
  }, 30_000);

  it('what one repeats of another is dropped and counted', async () => {
    // Two rows of two words: each has one other order, and it is the other row's text.
    const rows = rowsOf(['red blue', 'a'], ['blue red', 'a'], ['one two', 'a'], ['three four', 'a']);
    const input = { methods: [{ name: 'swap', share: 1 }], quality: { attempts: 1 } };
    const { texts, summary } = await augmentApart(rows, input, 1);
    expect(texts).toEqual(['two one', 'four three']);
    expect(summary.methods[0]).toMatchObject({ kept: 2, dropped: { repeat: 2 } });
    expect(summary.methods[0]!.examples.dropped[0]).toMatchObject({
      from: 'red blue',
      to: 'blue red',
      reason: 'repeat',
    });
  });

  it('a slice that nothing is asked of is not asked for', async () => {
    const rows = [...manyRows(30, 1), ...rowsOf(['where is my parcel now', 'b'])].map((row, i) => ({
      ...row,
      id: `${i}`,
    }));
    const { slices, made } = await augmentApart(rows, { methods: edits, policy: { target: 5 } }, 10);
    expect(slices.map(({ name }) => name)).toEqual(['3']);
    expect(made).toHaveLength(4);
  });

  it('are cut by what they weigh, and a row that is too large is named', async () => {
    const rows = rowsOf(...Array.from({ length: 6 }, (_, i): [string, string] => [`${i} ${'x'.repeat(100_000)}`, 'a']));
    const { slices } = await augmentApart(rows, { methods: [{ name: 'swap' }], policy: { perRow: 1 } }, 1000);
    expect(slices.map(({ slice }) => slice.rows.length)).toEqual([3, 3]);
    const huge = rowsOf([`a ${'x'.repeat(750_000)}`, 'a']);
    await expect(augmentApart(huge, { methods: [{ name: 'swap' }] }, 10)).rejects.toThrow(/^row f:2 has \d+ bytes/);
  });
});
