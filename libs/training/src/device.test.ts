import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { isCudaInstalled } from '@taxon/compute';
import { chooseHalf } from './choose-precision.ts';
import { createCheckpointKeeper } from './checkpoint-keeper.ts';
import { createCheckpoints, findCheckpoint, restore } from './checkpoint.ts';
import { chooseDevice, createStepFor, openDevice } from './device.ts';
import { fit, freshProgress } from './fit.ts';
import { microBatches } from './micro-batch.ts';
import { createModelState, type ModelState } from './model-state.ts';
import { parseRecipe } from './parse-recipe.ts';
import { createReporter } from './reporter.ts';
import { session, tinyEncoder, tinyHead, tinyShape, tinyTexts, tinyWeights, webGpuIsThere } from './testing.ts';

const recipe = parseRecipe({
  data: { train: 'x.csv' },
  output: 'model',
  evaluationsPerEpoch: 4,
  patience: 0,
  optimizer: { epochs: 1, learningRate: 0.01 },
});
const fresh = (): ModelState => createModelState(tinyWeights(), tinyEncoder, tinyHead);
const biasOf = ({ memory }: ModelState): number[] => [...memory.tensors['classifier.bias']!.value];

const wasmStep = async (state: ModelState) => {
  await openDevice('wasm');
  const options = { shape: tinyShape, adamw: recipe.optimizer, ...recipe.optimizer, seed: 1 };
  return createStepFor('wasm', state, options, session);
};

const hasWebgpu = await webGpuIsThere();

describe('a device', () => {
  it.skipIf(isCudaInstalled())('says how to install CUDA where it is missing, before anything is read', async () => {
    await expect(openDevice('cuda')).rejects.toMatchObject({
      code: 'failed_precondition',
      message: expect.stringContaining('device cuda') as string,
      hint: expect.stringContaining('taxon engine install cuda') as string,
    });
  });

  it.skipIf(!hasWebgpu)('learns on WebGPU (needs an adapter)', async () => {
    const state = fresh();
    const options = { shape: tinyShape, adamw: recipe.optimizer, ...recipe.optimizer, seed: 1 };
    const step = await createStepFor('webgpu', state, options, session);
    await fit(state, freshProgress(), tinyTexts(90), {
      recipe,
      shape: tinyShape,
      batchesPerUpdate: 1,
      step,
      keepBest: () => Promise.resolve(),
    });
    const before = biasOf(fresh());
    expect(biasOf(state)).toEqual(before);
    await step.sync();
    expect(biasOf(state)).not.toEqual(before);
    await step.dispose();
  });

  it('multiplies in half precision on GPUs alone', () => {
    expect(chooseHalf({ precision: 'fp16' }, 'cuda')).toBe(true);
    expect(chooseHalf({ precision: 'auto' }, 'cuda')).toBe(false);
    expect(() => chooseHalf({ precision: 'fp16' }, 'cpu')).toThrow(
      'precision: fp16 is for the devices cuda and webgpu alone, the device is cpu',
    );
  });

  it('is the processor unless another one is asked for', () => {
    expect(chooseDevice({ device: 'auto' })).toBe('cpu');
    expect(chooseDevice({ device: 'wasm' })).toBe('wasm');
  });

  it('gets a whole step at once if it is a graphics card', () => {
    const large = parseRecipe({
      data: { train: 'x' },
      output: 'y',
      optimizer: { tokensPerStep: 8192, accumulation: 2 },
    });
    expect(microBatches(large, 'cpu')).toEqual({ tokens: 1024, batchesPerUpdate: 16 });
    expect(microBatches(large, 'tensorflow-gpu')).toEqual({ tokens: 8192, batchesPerUpdate: 2 });
  });

  it('brings its weights to the host before every evaluation, and the best are those that were evaluated', async () => {
    const state = fresh();
    const step = await wasmStep(state);
    const [evaluated, kept]: [number[][], number[][]] = [[], []];
    await fit(state, freshProgress(), tinyTexts(90), {
      recipe,
      shape: tinyShape,
      batchesPerUpdate: 1,
      step,
      evaluate: () => {
        evaluated.push(biasOf(state));
        // Each is better than the one before.
        return Promise.resolve({
          loss: 1 / evaluated.length,
          scores: { n: 1, figures: { accuracy: 0.5 }, tasks: [] },
        });
      },
      keepBest: () => {
        kept.push(biasOf(state));
        return Promise.resolve();
      },
    });
    await step.dispose();
    expect(evaluated.length).toBeGreaterThan(3);
    expect(new Set(evaluated.map(String)).add(String(biasOf(fresh()))).size).toBe(evaluated.length + 1);
    expect(kept).toEqual(evaluated);
  });

  it('brings its state to the host before a checkpoint', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'taxon-device-'));
    try {
      const state = fresh();
      const step = await wasmStep(state);
      const progress = freshProgress();
      const reporter = createReporter(() => undefined);
      const checkpoints = createCheckpoints(folder, { recipe, dataDigest: 'd' });
      const keeper = createCheckpointKeeper(checkpoints, state, step, progress, recipe.checkpoint, reporter);
      await fit(state, progress, tinyTexts(20), {
        recipe,
        shape: tinyShape,
        batchesPerUpdate: 1,
        step,
        keepBest: keeper.save,
      });
      await keeper.save();
      await step.dispose();
      const restored = fresh();
      await restore(folder, await findCheckpoint(folder, (why) => expect.fail(why)), restored);
      expect(biasOf(restored)).not.toEqual(biasOf(fresh()));
      expect(biasOf(restored)).toEqual(biasOf(state));
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
