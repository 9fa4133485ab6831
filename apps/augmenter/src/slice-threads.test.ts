import { parseAugmentOptions, type Slice } from '@taxon/augmentation';
import { describe, expect, it } from 'vitest';
import { augmentSlices } from './augment-slices.ts';
import type { SlicesRequest } from './engine.ts';
import { createSliceThreads } from './slice-threads.ts';

// The library itself, in this thread: what a thread of its own does is tested where it is built (apps/cli, augment-via.test.ts).

const open = () => {
  const opened: SlicesRequest[] = [];
  const threads = createSliceThreads({
    slices: (request, slices) => {
      opened.push(request);
      return augmentSlices(request, slices);
    },
  });
  return { threads, opened };
};

const requestOf = (seed: number, method = 'swap'): SlicesRequest => ({
  options: parseAugmentOptions({ seed, methods: [{ name: method }] }),
  tasks: [{ name: 'label', kind: 'single-label' }],
});
const sliceOf = (...texts: string[]): Slice => ({
  rows: texts.map((text, i) => ({ id: String(i), text, labels: [['a']], wanted: 1 })),
  ...{ others: [], pool: [['[["a"]]', texts]] },
});
const slices = [sliceOf('where is my card', 'I lost my parcel'), sliceOf('can you help me', 'one two three four')];
const never = new AbortController().signal;

describe('threads of slices', () => {
  it('open methods once a run, and give every slice what it gets alone', async () => {
    const { threads, opened } = open();
    const [one, other] = [requestOf(1, 'mix'), requestOf(2, 'mix')];
    const together = await Promise.all(
      [one, other].flatMap((request) => slices.map((slice) => threads.augment(request, slice, never))),
    );
    expect(opened).toEqual([one, other]);
    const alone = [];
    for (const request of [one, other])
      for (const slice of slices) alone.push(await open().threads.augment(request, slice, never));
    expect(together).toEqual(alone);
    expect(together.every(({ made }) => made.length === 2)).toBe(true);
    // A third run takes the place of one that has nothing to do.
    await threads.augment(requestOf(3), slices[0]!, never);
    await threads.augment(one, slices[0]!, never);
    expect(opened).toHaveLength(4);
    threads.close();
  });

  it('are opened again after one has failed', async () => {
    const { threads, opened } = open();
    const { options, tasks } = requestOf(1);
    const methods = [{ name: 'templates', weight: 1, file: 'none.yaml' }];
    const failing = (): Promise<unknown> =>
      threads.augment({ tasks, options: { ...options, methods } }, slices[0]!, never);
    await expect(failing()).rejects.toThrow('none.yaml');
    await expect(failing()).rejects.toThrow('none.yaml');
    expect(opened).toHaveLength(2);
  });

  it('leave who no longer wants a slice', async () => {
    const { threads } = open();
    const stop = new AbortController();
    const asked = threads.augment(requestOf(1), slices[0]!, stop.signal);
    stop.abort(new Error('no longer'));
    await expect(asked).rejects.toThrow('no longer');
    await expect(threads.augment(requestOf(1), slices[0]!, stop.signal)).rejects.toThrow('no longer');
    expect((await threads.augment(requestOf(1), slices[0]!, never)).made).toHaveLength(2);
    threads.close();
  });
});
