import { createReadStream, existsSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { join } from 'node:path';
import { predictKind, type PredictUnit } from '@taxon/app-inference/shared';
import type { EventBus } from '@taxon/events';
import { invalidInput } from '@taxon/errors';
import { writeWhole } from '@taxon/evaluation';
import type { Prediction, TextInput } from '@taxon/models';
import { runUnits, type Unit } from '@taxon/work';
import { openViaRun } from './via-run.ts';

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
  /** @param version that answered; 0 of a plain folder */
  toLine: (input: TextInput, prediction: Prediction, version: number) => string;
  onProgress: (done: number) => void;
  signal: AbortSignal;
}

/**
 * Has texts answered by whichever inference services take them from the bus. What is done is kept: the same command goes on after it
 * was stopped or killed.
 * @returns texts by the version that answered them; 0 of a plain folder
 */
export const predictVia = async (options: PredictViaOptions): Promise<Map<number, number>> => {
  const { bus, model, inputs, digest, top, output, toLine, onProgress, signal } = options;
  const folder = `${output}.run`;
  const asked = { model, top, texts: inputs.length, digest };
  const { runId, startedAt } = await openViaRun(folder, asked, 'another model, --top or input');
  const fileOf = (unit: string): string => join(folder, `${unit}.jsonl`);
  const versionFile = (unit: string): string => join(folder, `${unit}.version`);
  const total = Math.ceil(inputs.length / unitTexts);
  const textsOf = (unit: string): readonly TextInput[] =>
    inputs.slice(Number(unit) * unitTexts, (Number(unit) + 1) * unitTexts);
  function* units(): Generator<Unit<PredictUnit>> {
    for (let i = 0; i < total; i++)
      yield { name: String(i), payload: { model, texts: [...textsOf(String(i))], topK: top } };
  }
  const kept = new Set(
    Array.from({ length: total }, (_, i) => String(i)).filter(
      (unit) => existsSync(fileOf(unit)) && existsSync(versionFile(unit)),
    ),
  );
  let done = [...kept].reduce((sum, unit) => sum + textsOf(unit).length, 0);
  onProgress(done);
  const keep = async (unit: string, version: number, predictions: readonly Prediction[]): Promise<void> => {
    const texts = textsOf(unit);
    if (predictions.length !== texts.length)
      throw invalidInput(`unit ${unit}: ${predictions.length} answers to ${texts.length} texts`);
    const lines = texts.map((input, i) => `${toLine(input, predictions[i]!, version)}\n`).join('');
    // Of earlier lives, too, it must be known who answered; before the answers are there.
    await writeWhole(versionFile(unit), [String(version)]);
    await writeWhole(fileOf(unit), [lines]);
    done += texts.length;
    onProgress(done);
  };
  await runUnits({
    ...{ bus, kind: predictKind, runId, startedAt, units: units(), total, window, source: '/cli', signal },
    isKept: (unit) => kept.has(unit),
    onResult: (unit, { version, predictions }) => keep(unit, version, predictions),
  });
  const versions = new Map<number, number>();
  for (let i = 0; i < total; i++) {
    const version = Number(await readFile(versionFile(String(i)), 'utf8'));
    versions.set(version, (versions.get(version) ?? 0) + textsOf(String(i)).length);
  }
  await joinFiles(
    Array.from({ length: total }, (_, i) => fileOf(String(i))),
    output,
    signal,
  );
  await rm(folder, { recursive: true, force: true });
  return versions;
};

const joinFiles = async (paths: readonly string[], output: string, signal: AbortSignal): Promise<void> => {
  const { writeAtomically } = await import('./write-atomically.ts');
  async function* lines(): AsyncGenerator<string> {
    for (const path of paths) yield* createInterface({ input: createReadStream(path), crlfDelay: Infinity });
  }
  await writeAtomically(output, lines(), signal);
};
