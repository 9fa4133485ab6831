import { existsSync } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { loadClassifier } from '@taxon/models';
import type { Figures } from './benchmark.ts';
import { median } from './statistics.ts';

/** A labelled text of a model of one task. */
export interface LabelledText {
  text: string;
  label: string;
}

export interface ModelMeasured extends Figures {
  name: string;
  /** 0..1 */
  accuracy: number;
  /** One text at a time, through `loadClassifier`: tokenizing and the thread's messages included. */
  milliseconds: number;
  /** Those of the quickest tenth: what a machine that is busy with other things leaves alone. */
  quickestMilliseconds: number;
  /** All texts given at once. */
  textsPerSecond: number;
  /** Of the files that loading reads numbers from. */
  megabytes: number;
}

export interface MeasureOptions {
  /** Times that every model is loaded and measured, in turn. */
  rounds: number;
  /** Texts asked one by one in a round. */
  singles: number;
  signal: AbortSignal;
  say: (line: string) => void;
}

/** Calls that fill caches and memory pools. */
const warmUp = 30;

/** Bytes of the numbers in a model folder: of the encoder, of the classifier, of members. */
export const numberBytes = async (folder: string): Promise<number> => {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile() && entry.name.endsWith('.safetensors'));
  const sizes = await Promise.all(files.map(async ({ parentPath, name }) => (await stat(join(parentPath, name))).size));
  return sizes.reduce((sum, size) => sum + size, 0);
};

const round = async (folder: string, texts: readonly LabelledText[], { singles, signal }: MeasureOptions) => {
  const classifier = await loadClassifier(folder, { signal });
  try {
    const all = texts.map(({ text }) => text);
    const at = (i: number): string => all[(i * 37) % all.length]!; // 37: texts of many labels, which stand in order
    for (let i = 0; i < warmUp; i++) await classifier.classify([at(i)], { topK: 1, signal });
    const times: number[] = [];
    for (let i = 0; i < singles; i++) {
      const start = performance.now();
      await classifier.classify([at(i)], { topK: 1, signal });
      times.push(performance.now() - start);
    }
    const start = performance.now();
    const answers = await classifier.classify(all, { topK: 1, signal });
    const seconds = (performance.now() - start) / 1000;
    const right = answers.filter(({ answer }, i) => answer[0] === texts[i]!.label).length;
    return { times, textsPerSecond: all.length / seconds, accuracy: right / all.length };
  } finally {
    await classifier.dispose();
  }
};

/** Measures models in turn, every second round backwards: a machine that slows down slows all alike. */
export const measureModels = async (
  models: readonly { name: string; folder: string }[],
  texts: readonly LabelledText[],
  options: MeasureOptions,
): Promise<ModelMeasured[]> => {
  const found = models.map(() => [] as Awaited<ReturnType<typeof round>>[]);
  for (let i = 0; i < options.rounds; i++) {
    const order = [...models.keys()];
    for (const at of i % 2 === 0 ? order : order.reverse()) {
      const { name, folder } = models[at]!;
      const one = await round(folder, texts, options);
      found[at]!.push(one);
      options.say(`  ${name}: ${median(one.times).toFixed(2)} ms, ${one.textsPerSecond.toFixed(0)} texts/s`);
    }
  }
  return Promise.all(
    models.map(async ({ name, folder }, at): Promise<ModelMeasured> => {
      const times = found[at]!.flatMap((one) => one.times).sort((a, b) => a - b);
      return {
        name,
        accuracy: found[at]![0]!.accuracy,
        milliseconds: median(times),
        quickestMilliseconds: times[Math.floor(times.length / 10)]!,
        textsPerSecond: median(found[at]!.map((one) => one.textsPerSecond)),
        megabytes: (await numberBytes(folder)) / 1e6,
      };
    }),
  );
};

/** A model folder's short name. */
export const nameOf = (folder: string): string => folder.replace(/\/+$/, '').split('/').at(-1)!;

export const isModelFolder = (folder: string): boolean =>
  ['config.json', 'taxon.json'].some((file) => existsSync(join(folder, file)));
