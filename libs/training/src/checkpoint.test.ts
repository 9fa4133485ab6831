import { mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRandom } from '@taxon/data';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createCheckpoints, expectSameRun, findCheckpoint, restore } from './checkpoint.ts';
import { freshProgress, type FitProgress } from './fit.ts';
import { createModelState, weightsOf, type ModelState } from './model-state.ts';
import { parseRecipe } from './parse-recipe.ts';
import { tinyEncoder, tinyHead, tinyWeights } from './testing.ts';

const recipe = parseRecipe({ data: { train: 'x.csv' }, output: 'model', seed: 5 });
const identity = { recipe, dataDigest: 'd' };

/** A state whose every number tells its step. */
const stateAt = (step: number): ModelState => {
  const state = createModelState(tinyWeights(), tinyEncoder, tinyHead);
  for (const { value, m, v } of Object.values(state.memory.tensors)) for (const part of [value, m, v]) part.fill(step);
  state.step = step;
  return state;
};

const valueIn = (state: ModelState): number => state.memory.tensors['classifier.weight']!.value[0]!;

describe('checkpoints', () => {
  let folder = '';
  beforeEach(async () => (folder = await mkdtemp(join(tmpdir(), 'taxon-checkpoint-'))));
  afterEach(() => rm(folder, { recursive: true }));

  const saveThree = async (): Promise<void> => {
    const checkpoints = createCheckpoints(folder, identity);
    await checkpoints.saveBest(1, weightsOf(stateAt(1)));
    for (const step of [1, 2, 3]) await checkpoints.save(stateAt(step), { ...freshProgress(), update: step });
  };
  const resume = async (): Promise<{ value: number; progress: FitProgress; complaints: string[] }> => {
    const complaints: string[] = [];
    const found = await findCheckpoint(folder, (complaint) => complaints.push(complaint));
    const state = stateAt(0);
    const progress = await restore(folder, found, state);
    return { value: valueIn(state), progress, complaints };
  };

  it('keeps two generations and the best weights, and takes the newer', async () => {
    await saveThree();
    expect((await readdir(folder)).sort()).toEqual([
      'best-1.safetensors',
      'progress-2.json',
      'progress-3.json',
      'state-2.safetensors',
      'state-3.safetensors',
    ]);
    expect(await resume()).toMatchObject({ value: 3, progress: { update: 3 }, complaints: [] });
  });

  it('writes equal states as equal bytes', async () => {
    const digests = await Promise.all(
      ['a', 'b'].map((name) => createCheckpoints(join(folder, name), identity).save(stateAt(7), freshProgress())),
    );
    expect(digests[0]).toBe(digests[1]);
  });

  it('takes the one before when a file of the newer is flipped anywhere, cut anywhere, or gone, and names it', async () => {
    const random = createRandom(11);
    for (const name of ['state-3.safetensors', 'progress-3.json'])
      for (const harm of ['flip', 'flip', 'flip', 'cut', 'cut', 'empty', 'gone']) {
        await rm(folder, { recursive: true, force: true });
        await saveThree();
        const path = join(folder, name);
        const bytes = await readFile(path);
        if (harm === 'flip') {
          bytes[Math.floor(random() * bytes.length)]! ^= 1 << Math.floor(random() * 8);
          await writeFile(path, bytes);
        } else if (harm === 'cut') await truncate(path, Math.floor(random() * bytes.length));
        else if (harm === 'empty') await truncate(path, 0);
        else await rm(path);
        const { value, progress, complaints } = await resume();
        expect({ value, update: progress.update }, `${name} ${harm}`).toEqual({ value: 2, update: 2 });
        if (harm === 'gone' && name === 'progress-3.json') continue; // as if it had never been written
        expect(complaints, `${name} ${harm}`).toHaveLength(1);
        expect(complaints[0]).toContain(name);
        expect(complaints[0]).toContain('step 2');
      }
  });

  it('says which files are damaged when no generation is whole', async () => {
    await saveThree();
    for (const name of ['state-2.safetensors', 'progress-3.json']) await truncate(join(folder, name), 9);
    await expect(resume()).rejects.toMatchObject({
      code: 'failed_precondition',
      message: expect.stringMatching(/progress-3\.json is damaged.*state-2\.safetensors is damaged/),
      hint: 'Run without --resume to start anew.',
    });
  });

  it('sweeps what a killed run left half-written, and keeps both generations after going on', async () => {
    await saveThree();
    await writeFile(join(folder, 'state-4.safetensors.writing'), 'half');
    const found = await findCheckpoint(folder, (complaint) => expect.fail(complaint));
    const checkpoints = createCheckpoints(folder, identity, found);
    await checkpoints.save(stateAt(4), freshProgress());
    expect((await readdir(folder)).filter((name) => !name.startsWith('best')).sort()).toEqual([
      'progress-3.json',
      'progress-4.json',
      'state-3.safetensors',
      'state-4.safetensors',
    ]);
    const state = stateAt(0);
    await checkpoints.loadBest(state);
    expect(valueIn(state)).toBe(1);
  });

  it('refuses another recipe, other data, and a folder without one', async () => {
    await expect(resume()).rejects.toThrow('holds no checkpoint');
    await saveThree();
    const found = await findCheckpoint(folder, (complaint) => expect.fail(complaint));
    expect(() => expectSameRun(folder, found, { recipe: { ...recipe, seed: 6 } })).toThrow('differs in seed');
    expect(() => expectSameRun(folder, found, { recipe, dataDigest: 'e' })).toThrow('the data changed');
    expect(() => expectSameRun(folder, found, { recipe: { ...recipe, spin: false }, dataDigest: 'd' })).not.toThrow();
  });
});
