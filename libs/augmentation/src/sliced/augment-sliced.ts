import type { OpenedFile } from '../augment-file.ts';
import type { Augmentation } from '../augment-rows.ts';
import type { AugmentOptions } from '../options.ts';
import { createQuota, policyTask } from '../policy.ts';
import { cutSlices, type CutSlice } from './cut-slices.ts';
import { SliceJoin } from './join-slices.ts';
import type { Slice, SliceResult } from './slice.ts';

/** A slice that something is asked of. */
export interface NamedSlice {
  /** Unique within the dataset, the same whenever it is cut. */
  name: string;
  slice: Slice;
  /** Rows of the dataset that it covers, without those that were made before. */
  rows: number;
}

/** Whoever has slices done. */
export interface SliceWork {
  /** Has all of them done; what they gave is kept. */
  haveDone: (slices: AsyncIterable<NamedSlice>) => Promise<void>;
  resultOf: (name: string) => Promise<SliceResult>;
  /** Rows of a slice at most. @default 4096 */
  mostRows?: number;
}

/** What of the options matters where a slice is augmented: who is asked for how much, and which rows are chosen, is decided before. */
export const sliceOptions = ({ policy: { task, perLabel, mostPerRow, perRow }, ...options }: AugmentOptions) => ({
  ...options,
  policy: { task, perLabel, mostPerRow, perRow },
});

/**
 * The augmentation of an opened file, cut into slices that others augment. Its texts are those of `augmentOpened`, but for repeats and
 * `perLabel` across slices: these are dropped where the slices are joined, and not tried again.
 */
export const augmentSliced = (
  { tasks, profile, rows }: OpenedFile,
  options: AugmentOptions,
  { haveDone, resultOf, mostRows }: SliceWork,
): Augmentation => {
  const { policy, seed, methods } = options;
  const task = policyTask(tasks, policy);
  const join = new SliceJoin({ options, tasks, profile });
  const cut = (): AsyncGenerator<CutSlice> =>
    cutSlices(rows(), { quota: createQuota(policy, { task, seed, profile }), profile, methods, mostRows });
  const isAsked = ({ slice }: CutSlice): boolean => slice.rows.length > 0;
  async function* asked(): AsyncGenerator<NamedSlice> {
    let number = 0;
    for await (const one of cut()) {
      const given = one.rows.filter(({ row }) => row.origin === undefined).length;
      if (isAsked(one)) yield { name: String(number), slice: one.slice, rows: given };
      number++;
    }
  }
  return {
    rowsDone: 0,
    summary: () => join.summary(),
    async *[Symbol.asyncIterator]() {
      await haveDone(asked());
      let number = 0;
      for await (const one of cut()) {
        yield* join.add(one, isAsked(one) ? await resultOf(String(number)) : undefined);
        number++;
      }
    },
  };
};
