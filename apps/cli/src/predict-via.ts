import { createReadStream, existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { join } from 'node:path';
import { predictKind, type PredictUnit } from '@taxon/app-inference/shared';
import type { EventBus } from '@taxon/events';
import { invalidInput } from '@taxon/errors';
import type { Prediction, TextInput } from '@taxon/models';
import { runUnits, type Unit } from '@taxon/work';
import { openViaRun, writeWhole } from './via-run.ts';

/** Texts a unit: some 100 ms of work, and far below what a message may weigh. */
const unitTexts = 256;
/** Units that are asked for and not answered. */
const window = 64;

export interface PredictViaOptions {
  bus: EventBus;
  model: string;
  inputs: readonly TextInput[];
  /** Of the inputs: a run goes on with the same ones alone. */
  digest: string;
  top: number;
  /** Beside it `OUTPUT.run/` keeps what is done, until all is. */
  output: string;
  toLine: (input: TextInput, prediction: Prediction) => string;
  onProgress: (done: number) => void;
  signal: AbortSignal;
}

/**
 * Has texts answered by whichever inference services take them from the bus. What is done is kept: the same command goes on after it
 * was stopped or killed.
 */
export const predictVia = async (options: PredictViaOptions): Promise<void> => {
  const { bus, model, inputs, digest, top, output, toLine, onProgress, signal } = options;
  const folder = `${output}.run`;
  const asked = { model, top, texts: inputs.length, digest };
  const { runId, startedAt } = await openViaRun(folder, asked, 'another model, --top or input');
  const fileOf = (unit: string): string => join(folder, `${unit}.jsonl`);
  const total = Math.ceil(inputs.length / unitTexts);
  const textsOf = (unit: string): readonly TextInput[] =>
    inputs.slice(Number(unit) * unitTexts, (Number(unit) + 1) * unitTexts);
  function* units(): Generator<Unit<PredictUnit>> {
    for (let i = 0; i < total; i++)
      yield { name: String(i), payload: { model, texts: [...textsOf(String(i))], topK: top } };
  }
  const kept = new Set(Array.from({ length: total }, (_, i) => String(i)).filter((unit) => existsSync(fileOf(unit))));
  let done = [...kept].reduce((sum, unit) => sum + textsOf(unit).length, 0);
  onProgress(done);
  const keep = async (unit: string, predictions: readonly Prediction[]): Promise<void> => {
    const texts = textsOf(unit);
    if (predictions.length !== texts.length)
      throw invalidInput(`unit ${unit}: ${predictions.length} answers to ${texts.length} texts`);
    const lines = texts.map((input, i) => `${toLine(input, predictions[i]!)}\n`).join('');
    await writeWhole(fileOf(unit), lines);
    done += texts.length;
    onProgress(done);
  };
  await runUnits({
    ...{ bus, kind: predictKind, runId, startedAt, units: units(), total, window, source: '/cli', signal },
    isKept: (unit) => kept.has(unit),
    onResult: (unit, { predictions }) => keep(unit, predictions),
  });
  await joinFiles(
    Array.from({ length: total }, (_, i) => fileOf(String(i))),
    output,
    signal,
  );
  await rm(folder, { recursive: true, force: true });
};

const joinFiles = async (paths: readonly string[], output: string, signal: AbortSignal): Promise<void> => {
  const { writeAtomically } = await import('./write-atomically.ts');
  async function* lines(): AsyncGenerator<string> {
    for (const path of paths) yield* createInterface({ input: createReadStream(path), crlfDelay: Infinity });
  }
  await writeAtomically(output, lines(), signal);
};
