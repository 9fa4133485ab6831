import type { LabelSpace } from '@taxon/data';
import { TaxonError, invalidInput } from '@taxon/errors';
import { toldLabels } from './answer-chunk.ts';
import { connectClassifier, type ClassifierConnection } from './classifier-connection.ts';
import type { Answers, Chunk } from './classifier-messages.ts';
import type { DecisionRule } from './decision.ts';
import { readEnsembleJson } from './ensemble-json.ts';
import { countOutputs } from './output-groups.ts';
import { checkDigests, readTaxonJson } from './taxon-json.ts';
import { lengthOf, type TextInput } from './text-input.ts';

export interface LabelScore {
  label: string;
  /** 0..1: softmax in a single-label task, sigmoid in a multi-label one; of a fine label p(coarse)·p(fine | coarse). */
  probability: number;
}

/** What a model says about a text in one task. */
export interface TaskPrediction {
  task: string;
  /** Those answered first, then the others, each by falling probability; cut to `topK` when asked, but never an answer. */
  labels: LabelScore[];
  /** One label in a single-label task, or none where the model abstains; any number in a multi-label one. */
  answer: string[];
}

/** Its own labels and answer are those of the main task: the fine one of a hierarchy, else the first. */
export interface Prediction extends Omit<TaskPrediction, 'task'> {
  tasks: TaskPrediction[];
  /** Tokens of the text after cutting, special tokens included. */
  tokens: number;
  truncated: boolean;
}

export interface ClassifyOptions {
  /** Labels returned a text; all when absent. */
  topK?: number;
  signal?: AbortSignal;
  /** Texts done so far and in all. */
  onProgress?: (done: number, total: number) => void;
}

/** A model that is loaded and ready. Sessions live in a worker: calls never block the event loop. */
export interface Classifier {
  readonly folder: string;
  readonly space: LabelSpace;
  /** How its logits become answers. */
  readonly rule: DecisionRule;
  /** Of the main task. */
  readonly labels: readonly string[];
  readonly maxLength: number;
  /** Predictions in the order of the texts, which are pairs for a model of pairs; a batch's answers equal single answers within 1e-5. */
  classify(texts: readonly TextInput[], options?: ClassifyOptions): Promise<Prediction[]>;
  /** Logits, row-major [texts, outputs], those of the tasks side by side. */
  logits(texts: readonly TextInput[], options?: ClassifyOptions): Promise<Float32Array>;
  dispose(): Promise<void>;
}

export interface LoadClassifierOptions {
  /** 0 or absent: as many as the machine has. */
  threads?: number;
  signal?: AbortSignal;
}

// What crosses to the worker at a time is bounded: copying it must not hold the event loop.
const largestChunk = { texts: 256, characters: 500_000 };
/** Chunks of one call under way: enough to pack their texts tightly. */
const chunksInFlight = 8;

/** [start, end) of each chunk. */
function* splitTexts(texts: readonly TextInput[]): Generator<[number, number]> {
  let start = 0;
  let characters = 0;
  for (let i = 0; i < texts.length; i++) {
    characters += lengthOf(texts[i]!);
    if (i > start && (i - start === largestChunk.texts || characters > largestChunk.characters)) {
      yield [start, i];
      start = i;
      characters = lengthOf(texts[i]!);
    }
  }
  if (texts.length > start) yield [start, texts.length];
}

const cancelled = (): TaxonError => new TaxonError({ code: 'cancelled', message: 'classifying was cancelled' });

/** A promise that rejects when the signal aborts, and what takes the listener off again. */
const rejectOnAbort = (signal: AbortSignal | undefined): { aborted: Promise<never>; release: () => void } => {
  let abort = (): void => undefined;
  const aborted = new Promise<never>((_, reject) => (abort = () => reject(cancelled())));
  aborted.catch(() => undefined);
  if (signal?.aborted) abort();
  signal?.addEventListener('abort', abort, { once: true });
  return { aborted, release: () => signal?.removeEventListener('abort', abort) };
};

let calls = 0;

/** Sends the texts chunk by chunk; `take` gets each chunk's answers and where in `texts` they begin. */
const ask = async (
  connection: ClassifierConnection,
  texts: readonly TextInput[],
  wanted: Chunk['wanted'],
  { signal, onProgress }: ClassifyOptions,
  take: (answers: Answers, start: number) => void,
): Promise<void> => {
  const { aborted, release } = rejectOnAbort(signal);
  const call = calls++;
  const chunks = splitTexts(texts);
  let done = 0;
  const line = async (): Promise<void> => {
    for (const [start, end] of chunks) {
      const sent = signal?.aborted ? aborted : connection.send({ call, texts: texts.slice(start, end), wanted });
      take(await Promise.race([sent, aborted]), start);
      done += end - start;
      onProgress?.(done, texts.length);
    }
  };
  try {
    await Promise.all(Array.from({ length: chunksInFlight }, line));
  } catch (error) {
    connection.drop(call);
    throw error;
  } finally {
    release();
  }
};

/** The task that a model is about: the fine one of a hierarchy, else the first. */
export const mainTask = ({ hierarchy }: LabelSpace): number => (hierarchy === undefined ? 0 : 1);

/**
 * Predictions over the answers' arrays. A text's list of labels is made when it is first looked at: 2,000 texts of 150
 * labels are 300,000 objects, and collecting their garbage alone holds the event loop for 15 ms.
 */
const unpack = (
  { tokens, truncated, order, given, scores }: Answers,
  space: LabelSpace,
  topK: number,
): Prediction[] => {
  const widths = toldLabels(space, topK);
  const width = widths.reduce((a, b) => a + b, 0);
  const tasksOf = (text: number): TaskPrediction[] => {
    let at = text * width;
    return space.tasks.map(({ name, labels }, task) => {
      const begin = at;
      at += widths[task]!;
      const answered = given![text * widths.length + task]!;
      const told = Math.min(widths[task]!, Math.max(topK, answered));
      const ranked = Array.from({ length: told }, (_, rank) => ({
        label: labels[order![begin + rank]!]!,
        probability: scores[begin + rank]!,
      }));
      return { task: name, labels: ranked, answer: ranked.slice(0, answered).map(({ label }) => label) };
    });
  };
  return Array.from(tokens, (count, text) => {
    let tasks: TaskPrediction[] | undefined;
    const made = (): TaskPrediction[] => (tasks ??= tasksOf(text));
    return {
      get tasks() {
        return made();
      },
      get labels() {
        return made()[mainTask(space)]!.labels;
      },
      get answer() {
        return made()[mainTask(space)]!.answer;
      },
      tokens: count,
      truncated: truncated[text] === 1,
    };
  });
};

const overConnection = (folder: string, connection: ClassifierConnection): Classifier => {
  const { space, rule, maxLength } = connection.model;
  const outputs = countOutputs(space);
  return {
    folder,
    space,
    rule,
    labels: space.tasks[mainTask(space)]!.labels,
    maxLength,
    async classify(texts, options = {}) {
      const { topK = outputs } = options;
      if (!(Number.isInteger(topK) && topK >= 1)) throw invalidInput(`topK is ${topK}; it must be 1 or more`);
      const predictions: Prediction[] = [];
      await ask(connection, texts, topK, options, (answers, start) => {
        for (const [i, prediction] of unpack(answers, space, topK).entries()) predictions[start + i] = prediction;
      });
      return predictions;
    },
    async logits(texts, options = {}) {
      const logits = new Float32Array(texts.length * outputs);
      await ask(connection, texts, 'logits', options, ({ scores }, start) => logits.set(scores, start * outputs));
      return logits;
    },
    dispose: () => connection.close(),
  };
};

/** Only a folder of ours tells its digests. */
const checkFiles = async (folder: string, signal?: AbortSignal): Promise<void> => {
  const taxon = (await readEnsembleJson(folder)) ?? (await readTaxonJson(folder));
  if (taxon) await checkDigests(folder, taxon, signal);
};

/**
 * Loads a model folder (ours, of one model or an ensemble, or a Hugging Face or sentence-transformers folder made by others) into a worker.
 * @throws TaxonError `not_found` without the folder, `invalid_input` naming the file and what is wrong with it,
 * `cancelled` when the signal aborts
 */
export const loadClassifier = async (folder: string, options: LoadClassifierOptions = {}): Promise<Classifier> => {
  const { threads = 0, signal } = options;
  // While the worker loads, this thread has time to check what it loads.
  const checked = checkFiles(folder, signal);
  checked.catch(() => undefined);
  const connection = await connectClassifier({ folder, threads }, signal);
  try {
    await checked;
  } catch (error) {
    await connection.close();
    throw signal?.aborted ? cancelled() : error;
  }
  return overConnection(folder, connection);
};
