import { readFile } from 'node:fs/promises';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { loadClassifier, type Classifier } from '@taxon/models';
import type { Figures } from './benchmark.ts';
import { median } from './statistics.ts';

/** How fast a model answers, through Taxon's classifier: tokenizing, packing and the way to its thread included. */
export interface ServingSpeed extends Figures {
  /** Of one text at a time: median and 95th percentile. */
  latencyMs: number;
  latencyMs95: number;
  /** Of all texts in one call: median of the rounds. */
  textsPerSecond: number;
  /** The encoder's weights. */
  weightBytes: number;
}

export interface ServingOptions {
  /** Texts asked one by one. */
  single: number;
  /** Times that all texts are asked at once. */
  rounds: number;
  threads: number;
  signal: AbortSignal;
}

/** The texts of a labelled part. */
export const readPartTexts = async (path: string, textColumn: string): Promise<string[]> =>
  (await readFile(path, 'utf8'))
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => String((JSON.parse(line) as Record<string, unknown>)[textColumn]));

const since = (start: number): number => performance.now() - start;

/** The models in turn, text by text and round by round: a machine that slows down slows all of them alike. */
export const measureServing = async (
  folders: readonly string[],
  texts: readonly string[],
  { single, rounds, threads, signal }: ServingOptions,
): Promise<ServingSpeed[]> => {
  const models: Classifier[] = [];
  try {
    for (const folder of folders) models.push(await loadClassifier(folder, { threads, signal }));
    const latencies = models.map((): number[] => []);
    const rates = models.map((): number[] => []);
    for (const model of models) await model.classify(texts.slice(0, 256), { signal }); // plans of every shape are made
    for (const text of texts.slice(0, single))
      for (const [i, model] of models.entries()) {
        const start = performance.now();
        await model.classify([text], { signal });
        latencies[i]!.push(since(start));
      }
    for (let round = 0; round < rounds; round++)
      for (const [i, model] of models.entries()) {
        const start = performance.now();
        await model.classify(texts, { signal });
        rates[i]!.push((1000 * texts.length) / since(start));
      }
    return await Promise.all(
      folders.map(async (folder, i) => ({
        latencyMs: median(latencies[i]!),
        latencyMs95: [...latencies[i]!].sort((a, b) => a - b)[Math.floor(0.95 * latencies[i]!.length)]!,
        textsPerSecond: median(rates[i]!),
        weightBytes: (await stat(join(folder, 'model.safetensors'))).size,
      })),
    );
  } finally {
    await Promise.all(models.map((model) => model.dispose()));
  }
};
