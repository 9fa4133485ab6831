import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRandom } from '@taxon/data';
import { loadClassifier } from '@taxon/models';
import { writeEncoderFolder } from '@taxon/models/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseRecipe, type RecipeInput, type TrainingEvent } from './index.ts';
import { runRecipe } from './run-recipe.ts';

// Whole runs, in this process, of what reads texts in another way than one at a time, or learns before it sees labels.

const topics = {
  lost: ['card', 'my', 'pin', 'help'],
  rate: ['money', 'today', 'new', 'sent'],
  close: ['account', 'pay', 'please', 'twice'],
} as const;
type Topic = keyof typeof topics;
const names = Object.keys(topics) as Topic[];

const random = createRandom(4);
const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)]!;
const about = (topic: Topic): string => Array.from({ length: 4 }, () => pick(topics[topic])).join(' ');

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'taxon-run-'));
  await writeEncoderFolder(join(folder, 'encoder'));
});
afterEach(() => rm(folder, { recursive: true }));

const write = async (name: string, rows: object[]): Promise<string> => {
  const path = join(folder, name);
  await writeFile(path, rows.map((row) => JSON.stringify(row)).join('\n'));
  return path;
};

const run = async (input: Omit<RecipeInput, 'output' | 'encoder'>) => {
  const events: TrainingEvent[] = [];
  const recipe = parseRecipe({ threads: 1, ...input, encoder: join(folder, 'encoder'), output: join(folder, 'model') });
  const onEvent = (event: TrainingEvent): void => void events.push(event);
  const result = await runRecipe(recipe, { signal: new AbortController().signal, onEvent, resume: false });
  const stages = events.flatMap((event) => (event.kind === 'stage' ? [event.stage] : []));
  return { ...result, events, stages, accuracy: result.test!.figures['accuracy']! };
};

const optimizer = { epochs: 12, learningRate: 3e-3, tokensPerStep: 256, keep: 1 };

describe('sentence pairs', () => {
  it('learn what stands in the second text alone, and are served', async () => {
    const rows = Array.from({ length: 360 }, () => {
      const label = pick(names);
      return { text: about(pick(names)), pair: about(label), label };
    });
    const train = await write('pairs.jsonl', rows);
    const { accuracy, modelFolder } = await run({ data: { train, pairColumn: 'pair' }, optimizer });
    expect(accuracy).toBeGreaterThan(0.85);
    const classifier = await loadClassifier(modelFolder, { threads: 1 });
    try {
      const [first, second] = await classifier.classify([
        { text: about('lost'), pair: about('rate') },
        { text: about('rate'), pair: about('lost') },
      ]);
      expect([first!.labels[0]!.label, second!.labels[0]!.label]).toEqual(['rate', 'lost']);
    } finally {
      await classifier.dispose();
    }
    const blind = await run({ data: { train }, optimizer });
    expect(blind.accuracy).toBeLessThan(0.6); // a third by chance
  });
});

/** Sentences that say what each topic is called. */
const domain = async (): Promise<string> =>
  write(
    'domain.jsonl',
    Array.from({ length: 600 }, (_, i) => ({ text: `${about(names[i % 3]!)} is ${names[i % 3]!}` })),
  );
const labelled = (count: number): Promise<string> =>
  write(
    `labelled-${count}.jsonl`,
    Array.from({ length: count }, (_, i) => ({ text: about(names[i % 3]!), label: names[i % 3] })),
  );
const adaptation = async (epochs: number) => ({ texts: [await domain()], epochs, learningRate: 3e-3 });

describe('domain adaptation', () => {
  it('is a stage of the run, and changes what comes out', async () => {
    const data = { train: await labelled(60) };
    const plain = await run({ data, optimizer: { epochs: 0 } });
    expect(plain.stages).not.toContain('adapt');
    const weights = await readFile(join(plain.modelFolder, 'model.safetensors'));
    const adapted = await run({ data, optimizer: { ...optimizer, epochs: 0 }, adaptation: await adaptation(3) });
    expect(adapted.stages.slice(2, 5)).toEqual(['tokenize', 'adapt', 'embed']);
    const losses = adapted.events.flatMap((event) =>
      event.kind === 'progress' && event.stage === 'adapt' && event.loss !== undefined ? [event.loss] : [],
    );
    expect(losses.at(-1)).toBeLessThan(losses[0]!);
    expect((await readFile(join(adapted.modelFolder, 'model.safetensors'))).equals(weights)).toBe(false);
  });
});

describe('prompts', () => {
  const prompt = { template: '{text} is {mask}', words: { close: ['close'] } };
  const head = { kind: 'prompt' as const, prompt };

  it('answer without a labelled text once the encoder knows the words, and better after training', async () => {
    const data = { train: await labelled(150), split: { train: 0.2, validation: 0.2, test: 0.6 } };
    const frozen = { ...optimizer, epochs: 0 };
    const nothing = await run({ data, head, optimizer: frozen });
    expect(nothing.events).toContainEqual(expect.objectContaining({ kind: 'notice', level: 'warning' }));
    const zeroShot = await run({ data, head, optimizer: frozen, adaptation: await adaptation(25) });
    expect(zeroShot.accuracy).toBeGreaterThan(Math.max(0.6, nothing.accuracy + 0.15));
    const trained = await run({ data, head, optimizer });
    expect(trained.accuracy).toBeGreaterThan(nothing.accuracy + 0.15);
    expect(trained.stages).not.toContain('head');
    const classifier = await loadClassifier(trained.modelFolder, { threads: 1 });
    try {
      const [answer] = await classifier.classify([about('rate')]);
      expect(answer!.labels[0]!.label).toBe('rate');
    } finally {
      await classifier.dispose();
    }
  });

  it('are refused where template or words do not fit', async () => {
    const data = { train: await labelled(30) };
    const asking = (prompt: object) => run({ data, head: { kind: 'prompt', prompt } });
    await expect(asking({ template: 'It was {mask}.' })).rejects.toThrow("head.prompt.template is 'It was {mask}.'");
    await expect(asking({ words: { closed: ['close'] } })).rejects.toThrow("no label is called 'closed'; did you mean 'close'"); // prettier-ignore
    await expect(run({ data, head: { prompt: {} } })).rejects.toThrow("head.prompt is given; the head kind is 'auto'");
  });
});
