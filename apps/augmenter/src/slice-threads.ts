import { createHash } from 'node:crypto';
import { methodTable, type MethodKind, type Slice, type SliceResult } from '@taxon/augmentation';
import { createMailbox } from '@taxon/entries';
import { TaxonError } from '@taxon/errors';
import type { AugmentationEngine, SlicesRequest } from './engine.ts';

export interface SliceThreads {
  /** What is made of a slice, in its run's thread. @throws TaxonError as the thread does; the signal's reason */
  augment(request: SlicesRequest, slice: Slice, signal: AbortSignal): Promise<SliceResult>;
  /** Ends them, whatever they do. */
  close(): void;
}

interface Thread {
  key: string;
  isOver: boolean;
  idle?: NodeJS.Timeout;
  augment(slice: Slice): Promise<SliceResult>;
  close(): void;
  /** Slices that it has. */
  readonly busy: number;
}

/** Runs whose methods and models stay open at once. */
const mostThreads = 2;
/** How long they stay open where no slice comes, ms. */
const keptFor = 30_000;

const openThread = (engine: Pick<AugmentationEngine, 'slices'>, request: SlicesRequest, key: string): Thread => {
  const stop = new AbortController();
  const inbox = createMailbox<Slice>();
  const waiting: { resolve: (result: SliceResult) => void; reject: (error: unknown) => void }[] = [];
  async function* slices(): AsyncGenerator<Slice> {
    for (;;) yield await inbox.take();
  }
  const thread: Thread = {
    key,
    isOver: false,
    augment: (slice) =>
      new Promise((resolve, reject) => {
        waiting.push({ resolve, reject });
        inbox.put(slice);
      }),
    close: () => stop.abort(new TaxonError({ code: 'cancelled', message: 'the augmenter is stopping' })),
    get busy() {
      return waiting.length;
    },
  };
  const run = async (): Promise<void> => {
    try {
      for await (const result of engine.slices(request, slices(), { signal: stop.signal }))
        waiting.shift()!.resolve(result);
      throw new TaxonError({ code: 'internal', message: 'the augmentation thread ended before its work did' });
    } catch (error) {
      thread.isOver = true;
      inbox.fail(error);
      for (const { reject } of waiting.splice(0)) reject(error);
    }
  };
  void run();
  return thread;
};

/** Slices with the same key may share methods that are open. */
const keyOf = (request: SlicesRequest, { pool }: Slice): string => {
  const kinds: Record<string, MethodKind> = methodTable;
  const asksAll = request.options.methods.some(({ name }) => kinds[name]?.pool === 'all');
  const what = JSON.stringify([request, asksAll ? pool : []]);
  return createHash('sha256').update(what).digest('hex');
};

/** Threads that augment slices, one a run, kept for the next slice of the run. */
export const createSliceThreads = (engine: Pick<AugmentationEngine, 'slices'>): SliceThreads => {
  let threads: Thread[] = [];
  const drop = (thread: Thread): void => {
    clearTimeout(thread.idle);
    thread.close();
    threads = threads.filter((other) => other !== thread);
  };
  const find = (request: SlicesRequest, slice: Slice): Thread => {
    const key = keyOf(request, slice);
    const found = threads.find((thread) => thread.key === key && !thread.isOver);
    if (found !== undefined) return found;
    for (const thread of threads.filter(({ isOver }) => isOver)) drop(thread);
    const unused = threads.find(({ busy }) => busy === 0);
    if (threads.length >= mostThreads && unused !== undefined) drop(unused);
    const thread = openThread(engine, request, key);
    threads.push(thread);
    return thread;
  };
  return {
    augment: async (request, slice, signal) => {
      signal.throwIfAborted();
      const thread = find(request, slice);
      clearTimeout(thread.idle);
      const aborted = new AbortController();
      const abortion = new Promise<never>((_, reject) => {
        // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- the signal's own reason
        signal.addEventListener('abort', () => reject(signal.reason), { signal: aborted.signal });
      });
      try {
        return await Promise.race([thread.augment(slice), abortion]);
      } finally {
        aborted.abort();
        if (thread.busy === 0 && !thread.isOver) {
          clearTimeout(thread.idle);
          thread.idle = setTimeout(() => drop(thread), keptFor).unref();
        }
      }
    },
    close: () => threads.forEach(drop),
  };
};
