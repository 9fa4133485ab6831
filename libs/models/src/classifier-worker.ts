// The thread behind a `Classifier`: it holds the session and the tokenizer, so that the caller's event loop holds neither.
import { parentPort, workerData } from 'node:worker_threads';
import { serializeError } from '@taxon/errors';
import { buffersOf, openAnswers, type OpenAnswers } from './answer-chunk.ts';
import { tokenBudget, type ClassifierEngine } from './classifier-engine.ts';
import type { Chunk, FromWorker, ServedModel, ToWorker, WorkerSettings } from './classifier-messages.ts';
import type { EncodedInput } from './encode-input.ts';
import { loadClassifierEngine } from './ensemble-engine.ts';
import { createFairQueue } from './fair-queue.ts';

/** A text that waits for its batch. */
interface Waiting {
  chunk: Chunk;
  answers: OpenAnswers;
  /** Its place in the chunk. */
  text: number;
  encoded: EncodedInput;
}

const port = parentPort!;
const post = (message: FromWorker, transfer: ArrayBuffer[] = []): void => port.postMessage(message, transfer);

const queue = createFairQueue<Waiting>();
let computing = false;

const enqueue = (engine: ClassifierEngine, chunk: Chunk): void => {
  const encoded = chunk.texts.map((text) => engine.encode(text));
  const answers = openAnswers(chunk, encoded, engine.model);
  const waiting = encoded.map((one, text) => ({ chunk, answers, text, encoded: one }));
  // Equal lengths beside each other: rows are then as long as their texts.
  waiting.sort((a, b) => b.encoded.ids.length - a.encoded.ids.length);
  queue.add(chunk.call, waiting);
};

const nextBatch = (): Waiting[] => {
  let tokens = 0;
  return queue.take(({ encoded }) => (tokens += encoded.ids.length) <= tokenBudget);
};

const answer = (batch: readonly Waiting[], results: readonly (Float32Array | undefined)[]): void => {
  queue.putBack(batch.filter((_, i) => results[i] === undefined));
  batch.forEach(({ chunk, answers, text }, i) => {
    const logits = results[i];
    const complete = logits && answers.set(text, logits);
    if (complete) post({ kind: 'answers', id: chunk.id, answers: complete }, buffersOf(complete));
  });
};

const fail = (chunks: Iterable<Chunk>, error: unknown): void => {
  for (const chunk of new Set(chunks)) {
    queue.drop(chunk.call);
    post({ kind: 'failed', id: chunk.id, error: serializeError(error) });
  }
};

/** Between two batches the event loop turns (a run ends in a setImmediate), and messages get in. */
const compute = async (engine: ClassifierEngine): Promise<void> => {
  if (computing) return;
  computing = true;
  for (let batch = nextBatch(); batch.length > 0; batch = nextBatch()) {
    try {
      answer(batch, await engine.run(batch.map(({ encoded }) => encoded)));
    } catch (error) {
      fail(
        batch.map(({ chunk }) => chunk),
        error,
      );
    }
  }
  computing = false;
};

const servedModel = ({ model: { space, rule, maxLength } }: ClassifierEngine): ServedModel => ({
  space,
  rule,
  maxLength,
});

const serve = (engine: ClassifierEngine): void => {
  let closing = false;
  const receive = async (message: ToWorker): Promise<void> => {
    if (message.kind === 'drop') return queue.drop(message.call);
    if (message.kind === 'close') {
      closing = true;
      while (computing) await new Promise((resolve) => setImmediate(resolve));
      await engine.dispose();
      return port.close();
    }
    if (closing) return;
    try {
      enqueue(engine, message);
    } catch (error) {
      return fail([message], error);
    }
    await compute(engine);
  };
  port.on('message', (message: ToWorker) => void receive(message));
  post({ kind: 'ready', model: servedModel(engine) });
};

const { folder, threads } = workerData as WorkerSettings;
loadClassifierEngine(folder, threads).then(serve, (error: unknown) =>
  post({ kind: 'unready', error: serializeError(error) }),
);
