import type { Prediction } from '@taxon/models';

export interface BatcherOptions {
  /** Texts a batch; a request with more makes a batch of its own. */
  maxTexts: number;
  classify: (texts: readonly string[], signal: AbortSignal) => Promise<Prediction[]>;
  /** Called before each batch. */
  onBatch: (requests: number, texts: number) => void;
}

interface Waiting {
  texts: readonly string[];
  signal: AbortSignal;
  resolve: (predictions: Prediction[]) => void;
  reject: (reason: unknown) => void;
}

/** Takes whole requests from the front of the queue, at least one. */
const takeBatch = (queue: Waiting[], maxTexts: number): Waiting[] => {
  let texts = 0;
  const end = queue.findIndex((waiting, index) => (texts += waiting.texts.length) > maxTexts && index > 0);
  return queue.splice(0, end < 0 ? queue.length : end);
};

const onAbort = (signal: AbortSignal, listener: () => void): (() => void) => {
  if (signal.aborted) listener();
  else signal.addEventListener('abort', listener, { once: true });
  return () => signal.removeEventListener('abort', listener);
};

/** Aborts once every caller has gone: as long as one waits, the batch is worth its work. */
const whenAllLeave = (batch: readonly Waiting[]) => {
  const controller = new AbortController();
  let left = batch.length;
  const stops = batch.map(({ signal }) =>
    onAbort(signal, () => {
      if (--left === 0) controller.abort(signal.reason);
    }),
  );
  return { signal: controller.signal, stop: () => stops.forEach((stop) => stop()) };
};

/**
 * Puts requests that arrive while the model works into one batch: a single caller waits for nobody, and many callers share
 * the model's turns. Each gets its own texts' predictions; one that aborts rejects at once.
 */
export const createBatcher = ({ maxTexts, classify, onBatch }: BatcherOptions) => {
  const queue: Waiting[] = [];
  let running = false;

  const runBatch = async (batch: readonly Waiting[]): Promise<void> => {
    const texts = batch.flatMap((waiting) => waiting.texts);
    const leaving = whenAllLeave(batch);
    onBatch(batch.length, texts.length);
    try {
      const predictions = await classify(texts, leaving.signal);
      let start = 0;
      for (const waiting of batch) waiting.resolve(predictions.slice(start, (start += waiting.texts.length)));
    } catch (error) {
      for (const waiting of batch) waiting.reject(error);
    } finally {
      leaving.stop();
    }
  };

  const run = async (): Promise<void> => {
    if (running) return;
    running = true;
    // A turn of the event loop lets all requests of this moment into the first batch.
    await new Promise(setImmediate);
    while (queue.length > 0) await runBatch(takeBatch(queue, maxTexts));
    running = false;
  };

  const enqueue = (texts: readonly string[], signal: AbortSignal): Promise<Prediction[]> =>
    new Promise((resolve, reject) => {
      const waiting: Waiting = { texts, signal, resolve, reject };
      queue.push(waiting);
      const stop = onAbort(signal, () => {
        const index = queue.indexOf(waiting);
        if (index >= 0) queue.splice(index, 1);
        reject(signal.reason as Error);
      });
      waiting.resolve = (predictions) => {
        stop();
        resolve(predictions);
      };
      void run();
    });
  return enqueue;
};
