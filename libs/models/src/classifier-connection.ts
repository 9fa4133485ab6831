import { Worker } from 'node:worker_threads';
import { TaxonError, deserializeError } from '@taxon/errors';
import type { Answers, Chunk, FromWorker, ServedModel, ToWorker, WorkerSettings } from './classifier-messages.ts';
import { entryUrl } from '@taxon/entries';

/** The worker as the caller's thread sees it. */
export interface ClassifierConnection {
  readonly model: ServedModel;
  /** Rejects with a TaxonError; `failed_precondition` after `close`, `internal` when the worker has died. */
  send(chunk: Omit<Chunk, 'id'>): Promise<Answers>;
  drop(call: number): void;
  close(): Promise<void>;
}

interface Pending {
  call: number;
  resolve: (answers: Answers) => void;
  reject: (error: TaxonError) => void;
}

const died = (folder: string, how: string, cause?: unknown): TaxonError =>
  new TaxonError({ code: 'internal', message: `the worker that serves ${folder} stopped: ${how}`, cause });

export const connectClassifier = (settings: WorkerSettings, signal?: AbortSignal): Promise<ClassifierConnection> => {
  const worker = new Worker(entryUrl('classifier-worker', import.meta.url), {
    workerData: settings,
    name: 'classifier',
  });
  const pending = new Map<number, Pending>();
  const post = (message: ToWorker): void => worker.postMessage(message);
  let ended: TaxonError | undefined;
  let nextId = 0;

  const end = (error: TaxonError): void => {
    ended ??= error;
    for (const { reject } of pending.values()) reject(ended);
    pending.clear();
  };
  const settle = (id: number): Pending | undefined => {
    const found = pending.get(id);
    pending.delete(id);
    return found;
  };
  const exited = new Promise<void>((resolve) => worker.once('exit', () => resolve()));

  const connection = (model: ServedModel): ClassifierConnection => ({
    model,
    send: (chunk) =>
      new Promise((resolve, reject) => {
        if (ended) return reject(ended);
        const id = nextId++;
        pending.set(id, { call: chunk.call, resolve, reject });
        post({ kind: 'chunk', id, ...chunk });
      }),
    drop(call) {
      for (const [id, entry] of pending) if (entry.call === call) pending.delete(id);
      post({ kind: 'drop', call });
    },
    async close() {
      end(
        new TaxonError({ code: 'failed_precondition', message: `the classifier of ${settings.folder} was disposed` }),
      );
      post({ kind: 'close' });
      await exited;
    },
  });

  return new Promise((resolve, reject) => {
    const refuse = (error: TaxonError): void => {
      end(error);
      reject(error);
      void worker.terminate();
    };
    const abort = (): void =>
      refuse(new TaxonError({ code: 'cancelled', message: `loading ${settings.folder} was cancelled` }));
    if (signal?.aborted) return abort();
    signal?.addEventListener('abort', abort, { once: true });

    worker.on('message', (message: FromWorker) => {
      if (message.kind === 'answers') settle(message.id)?.resolve(message.answers);
      else if (message.kind === 'failed') settle(message.id)?.reject(deserializeError(message.error));
      else {
        signal?.removeEventListener('abort', abort);
        if (message.kind === 'ready') resolve(connection(message.model));
        else refuse(deserializeError(message.error));
      }
    });
    worker.on('error', (error) => {
      end(died(settings.folder, error.message, error));
      reject(ended!);
    });
    worker.on('exit', (code) => {
      signal?.removeEventListener('abort', abort);
      end(died(settings.folder, `exit code ${code}`));
      reject(ended!);
    });
  });
};
