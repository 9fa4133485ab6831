import { Worker } from 'node:worker_threads';
import { TaxonError } from '@taxon/errors';
import { createStreamSide } from './stream-side.ts';
import type { StreamMessage } from './stream-messages.ts';

export interface StreamWorkerOptions {
  /** Aborting ends the thread at once, whatever it does, and throws the signal's reason. */
  signal: AbortSignal;
  /** What the thread does, for its errors. */
  name: string;
  /** Most of JavaScript's heap that it may fill, MiB. */
  maxHeapMegabytes: number;
}

const outOfMemory = ({ name, maxHeapMegabytes }: StreamWorkerOptions): TaxonError =>
  new TaxonError({
    code: 'resource_exhausted',
    message: `the ${name} thread needs more than ${maxHeapMegabytes} MiB of memory`,
  });

/**
 * Items through a worker thread that calls `serveStream`. A handful are under way in either direction: a slow reader slows the thread down,
 * and a slow thread the source. The thread ends with the iteration, however that ends.
 * @throws TaxonError what the thread or `items` throws; the signal's reason
 */
export async function* streamThroughWorker<In, Out>(
  entry: URL,
  request: unknown,
  items: AsyncIterable<In>,
  options: StreamWorkerOptions,
): AsyncGenerator<Out> {
  const { signal, name } = options;
  signal.throwIfAborted();
  const worker = new Worker(entry, {
    workerData: request,
    resourceLimits: { maxOldGenerationSizeMb: options.maxHeapMegabytes },
  });
  const side = createStreamSide<Out, In>((message) => worker.postMessage(message));
  const abort = (): void => side.fail(signal.reason);
  signal.addEventListener('abort', abort, { once: true });
  worker.on('message', (message: StreamMessage<Out>) => side.receive(message));
  worker.on('error', (error: Error & { code?: string }) =>
    side.fail(error.code === 'ERR_WORKER_OUT_OF_MEMORY' ? outOfMemory(options) : TaxonError.from(error)),
  );
  worker.on('exit', () =>
    side.fail(new TaxonError({ code: 'internal', message: `the ${name} thread ended before its work did` })),
  );
  void side.send(items);
  try {
    for await (const item of side.items()) {
      signal.throwIfAborted();
      yield item;
    }
  } finally {
    signal.removeEventListener('abort', abort);
    // Whoever still waits for the thread to take something hears that it is over.
    side.fail(new TaxonError({ code: 'cancelled', message: `the ${name} stream is over` }));
    await worker.terminate();
  }
}
