import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadClassifier, loadModelFolder } from '@taxon/models';
import { writeEncoderFolder } from '@taxon/models/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseRecipe, runTrainingJob, type Recipe, type RecipeInput, type TrainingEvent } from './index.ts';
import { depthOf } from './programs.ts';

const phrases = {
  lost: 'my card was lost',
  rate: 'what is the rate today',
  close: 'please close my account',
};
const rows = Object.entries(phrases).flatMap(([label, text]) =>
  Array.from({ length: 36 }, (_, i) => ({ text: `${text} ${'abcdefghij'[i % 10]!}${i}`, label })),
);

describe('a run in which a part of the model learns', () => {
  let folder = '';
  let recipe: (output: string, optimizer: RecipeInput['optimizer'], more?: Partial<RecipeInput>) => Recipe;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'taxon-learning-'));
    await writeEncoderFolder(join(folder, 'encoder'));
    await writeFile(join(folder, 'data.jsonl'), rows.map((row) => JSON.stringify(row)).join('\n'));
    recipe = (output, optimizer, more = {}) =>
      parseRecipe({
        data: { train: join(folder, 'data.jsonl') },
        encoder: join(folder, 'encoder'),
        output: join(folder, output),
        threads: 1,
        patience: 0,
        ...more,
        optimizer: { epochs: 40, learningRate: 3e-3, tokensPerStep: 64, ...optimizer },
      });
  });
  afterAll(() => rm(folder, { recursive: true }));

  const weights = async (name: string) => (await loadModelFolder(join(folder, name))).weights;

  it.each<[string, RecipeInput['optimizer'], Partial<RecipeInput>]>([
    ['frozen', { freeze: 1, dropout: 0.1, accumulation: 2 }, {}],
    ['frozen-fp32', { freeze: 1 }, { precision: 'fp32' }],
    ['adapted', { lora: { rank: 2, targets: ['query', 'value', 'down'] } }, {}],
    ['both', { freeze: 1, lora: { rank: 2 } }, { head: { start: 'random' } }],
  ])('stops and goes on to the same bytes: %s', async (name, optimizer, more) => {
    const straight = await runTrainingJob(recipe(`${name}-straight`, optimizer, more));
    expect(straight.test!.figures['accuracy']).toBeGreaterThan(0.8);
    const abort = new AbortController();
    const events: TrainingEvent[] = [];
    const stopped = runTrainingJob(recipe(name, optimizer, more), {
      signal: abort.signal,
      onEvent: (event) => {
        events.push(event);
        if (event.kind === 'progress' && event.stage === 'train') abort.abort();
      },
    });
    await expect(stopped).rejects.toMatchObject({ code: 'cancelled' });
    expect(events).toContainEqual(expect.objectContaining({ message: expect.stringMatching(/numbers learn/) }));
    const resumed = await runTrainingJob(recipe(name, optimizer, more), { resume: true });
    expect(resumed.test).toEqual(straight.test);
    const files = await Promise.all(
      [name, `${name}-straight`].map((model) => readFile(join(folder, model, 'model.safetensors'))),
    );
    expect(files[0]!.equals(files[1]!)).toBe(true);
  });

  it('saves what was frozen as it was, and what learned with what it learned', async () => {
    const { layers } = (await loadModelFolder(join(folder, 'encoder'))).encoder;
    const before = await weights('encoder');
    const same = (a: Float32Array, b: Float32Array): boolean => a.every((x, i) => x === b[i]);
    const frozen = await weights('frozen');
    const adapted = await weights('adapted');
    expect(same(frozen.words, before.words) && same(adapted.words, before.words)).toBe(true);
    for (const [name, values] of Object.entries(before.parameters)) {
      const depth = depthOf(name, { layers } as never);
      if (name.startsWith('layer.') && !name.endsWith('key.bias'))
        expect([name, same(frozen.parameters[name]!, values)]).toEqual([name, depth > layers - 2]);
      const adapts = ['query.weight', 'value.weight', 'down.weight'].some((target) => name.endsWith(target));
      if (name.startsWith('layer.')) expect([name, same(adapted.parameters[name]!, values)]).toEqual([name, !adapts]);
    }
  });

  it('saves a plain model that scores as the run says', async () => {
    for (const name of ['frozen', 'adapted', 'both']) {
      const files = await readFile(join(folder, name, 'model.safetensors'), 'latin1');
      expect(files.slice(0, 20_000)).not.toContain('lora');
      const classifier = await loadClassifier(join(folder, name), { threads: 1 });
      const predictions = await classifier.classify(rows.map(({ text }) => text));
      const right = predictions.filter(({ labels }, i) => labels[0]!.label === rows[i]!.label).length;
      expect(right / rows.length).toBeGreaterThan(0.8);
      await classifier.dispose();
    }
  });

  it('is refused where it cannot be had, before anything is trained', async () => {
    for (const [optimizer, device, message] of [
      [{ freeze: 1 }, 'wasm', 'optimizer.freeze: 1 is for device cpu alone, the device is wasm'],
      [{ lora: { rank: 8 } }, 'wasm', 'optimizer.lora.rank: 8 is for device cpu alone, the device is wasm'],
      [{ freeze: 3 }, 'cpu', 'optimizer.freeze: 3 layers, the encoder has 2'],
    ] as const)
      await expect(runTrainingJob(recipe('refused', optimizer, { device }))).rejects.toMatchObject({
        code: 'invalid_input',
        message: expect.stringContaining(message),
      });
    expect(() => recipe('refused', { lora: { targets: ['querry' as never] } })).toThrow(/optimizer\.lora\.targets/);
  });
});
