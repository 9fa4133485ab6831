// Fixtures for tests of whole runs, in this process, on texts that a tiny encoder can tell apart.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRandom } from '@taxon/data';
import { writeEncoderFolder } from '@taxon/models/testing';
import { parseRecipe, type Recipe, type RecipeInput, type TrainingEvent, type TrainingResult } from '../index.ts';
import { runRecipe } from '../run-recipe.ts';

const topics = {
  lost: ['card', 'my', 'pin', 'help'],
  rate: ['money', 'today', 'new', 'sent'],
  close: ['account', 'pay', 'please', 'twice'],
} as const;
export type Topic = keyof typeof topics;
export const topicNames = Object.keys(topics) as Topic[];

export interface RunSettings {
  resume?: boolean;
  /** The run is cancelled at the first event that this is true of. */
  stopAt?: (event: TrainingEvent) => boolean;
}

/** A temporary folder with a tiny encoder, and what runs in it. */
export interface Workshop {
  folder: string;
  about(topic: Topic): string;
  write(rows: readonly object[], name?: string): Promise<string>;
  recipe(input: Omit<RecipeInput, 'output' | 'encoder'>, output?: string): Recipe;
  run(recipe: Recipe, settings?: RunSettings): Promise<TrainingResult & { events: TrainingEvent[] }>;
  /** A file of a run folder. */
  read(model: string, name: string): Promise<string>;
  remove(): Promise<void>;
}

const optimizer = { epochs: 4, learningRate: 3e-3, tokensPerStep: 256, keep: 1 };

export const openWorkshop = async (): Promise<Workshop> => {
  const random = createRandom(4);
  const folder = await mkdtemp(join(tmpdir(), 'taxon-plan-'));
  await writeEncoderFolder(join(folder, 'encoder'));
  return {
    folder,
    about: (topic) => Array.from({ length: 4 }, () => topics[topic][Math.floor(random() * 4)]!).join(' '),
    async write(rows, name = 'data.jsonl') {
      const path = join(folder, name);
      await writeFile(path, rows.map((row) => JSON.stringify(row)).join('\n'));
      return path;
    },
    recipe: (input, output = 'model') =>
      parseRecipe({ threads: 1, optimizer, ...input, encoder: join(folder, 'encoder'), output: join(folder, output) }),
    async run(recipe, { resume = false, stopAt = () => false } = {}) {
      const abort = new AbortController();
      const events: TrainingEvent[] = [];
      const onEvent = (event: TrainingEvent): void => {
        events.push(event);
        if (stopAt(event)) abort.abort();
      };
      const result = await runRecipe(recipe, { signal: abort.signal, onEvent, resume });
      return { ...result, events };
    },
    read: (model, name) => readFile(join(folder, model, 'run', name), 'utf8'),
    remove: () => rm(folder, { recursive: true }),
  };
};

export const parseLines = (text: string): Record<string, unknown>[] =>
  text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);

/** SHA-256 of the files that hold a saved model's numbers. */
export const digestsOfNumbers = async (model: string): Promise<[string, string][]> => {
  const taxon = JSON.parse(await readFile(join(model, 'taxon.json'), 'utf8')) as { digests: Record<string, string> };
  return Object.entries(taxon.digests).filter(([path]) => path.endsWith('.safetensors'));
};

/** Numbers of the trainings that took steps. */
export const trainedNumbers = (events: readonly TrainingEvent[]): (number | undefined)[] =>
  events.flatMap((event) => (event.kind === 'stage' && event.stage === 'train' ? [event.training?.number] : []));
