// Fixtures for tests: a tiny teacher whose layers do different things, and texts that it can tell apart.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRandom, type LabelSpace } from '@taxon/data';
import { loadClassifier, saveModelFolder, type EncoderConfig, type HeadConfig, type SavableModel } from '@taxon/models';
import { card, randomWeights, tinyEncoder, tinyModel, writeEncoderFolder } from '@taxon/models/testing';
import { distil, type DistilOptions } from './distil.ts';
import type { DistillationInput } from './options.ts';
import { parseDistillation } from './parse-options.ts';
import type { DistillationEvent, DistillationResult } from './progress.ts';

export const topics = {
  lost: ['card', 'my', 'pin', 'help'],
  rate: ['money', 'today', 'new', 'sent'],
  close: ['account', 'pay', 'please', 'twice'],
} as const;
export type Topic = keyof typeof topics;
export const topicNames = Object.keys(topics) as Topic[];

export const denseHead = { kind: 'dense', pooling: 'mean', normalize: true } as const;

export interface Workshop {
  folder: string;
  path(name: string): string;
  /** A text of a topic; half of its words are anybody's. */
  about(topic: Topic): string;
  write(name: string, rows: readonly object[]): Promise<string>;
  /** A random model's folder. */
  teacher(name: string, model?: Partial<TeacherShape>): Promise<string>;
  /** Logits of a folder's model, [texts, C]. */
  logits(folder: string, texts: readonly string[]): Promise<Float32Array>;
  distil(
    input: Partial<DistillationInput> & Pick<DistillationInput, 'teachers' | 'data'>,
    how?: DistilOptions,
  ): Promise<DistillationResult & { events: DistillationEvent[] }>;
  remove(): Promise<void>;
}

interface TeacherShape {
  encoder: EncoderConfig;
  head: Omit<HeadConfig, 'classes'>;
  space: LabelSpace;
  seed: number;
  /** Changes its numbers before they are saved. */
  change: (model: SavableModel) => void;
}

const words = Object.values(topics).flat();

export const openWorkshop = async (): Promise<Workshop> => {
  const random = createRandom(4);
  const folder = await mkdtemp(join(tmpdir(), 'taxon-distil-'));
  const path = (name: string): string => join(folder, name);
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)]!;
  await writeEncoderFolder(path('encoder'));
  return {
    folder,
    path,
    about: (topic) => Array.from({ length: 6 }, (_, i) => pick(i % 2 === 0 ? topics[topic] : words)).join(' '),
    async write(name, rows) {
      await writeFile(path(name), rows.map((row) => JSON.stringify(row)).join('\n'));
      return path(name);
    },
    async teacher(name, { encoder = tinyEncoder, head = denseHead, space, seed = 1, change } = {}) {
      const labels = space?.tasks.flatMap((task) => task.labels) ?? [...topicNames].sort();
      const plain = tinyModel(head, labels);
      const model: SavableModel = {
        ...plain,
        encoder,
        weights: randomWeights(encoder, plain.head, seed),
        ...(space && { space }),
      };
      change?.(model);
      await saveModelFolder(path(name), model, { tokenizerFrom: path('encoder'), card });
      return path(name);
    },
    async logits(model, texts) {
      const classifier = await loadClassifier(model, { threads: 1 });
      try {
        return await classifier.logits(texts);
      } finally {
        await classifier.dispose();
      }
    },
    async distil(input, how = {}) {
      const events: DistillationEvent[] = [];
      const options = parseDistillation({
        ...{ output: path('student'), threads: 1, precision: 'fp32', calibrate: false },
        ...input,
        optimizer: { tokensPerStep: 256, learningRate: 3e-3, ...input.optimizer },
      });
      const onEvent = (event: DistillationEvent): void => {
        events.push(event);
        how.onEvent?.(event);
      };
      const result = await distil(options, { cacheFolder: path('cache'), ...how, onEvent });
      return { ...result, events };
    },
    remove: () => rm(folder, { recursive: true }),
  };
};
