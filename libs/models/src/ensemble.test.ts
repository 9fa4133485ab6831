import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadClassifier, loadModelFolder, saveEnsembleFolder, saveModelFolder } from './index.ts';
import {
  card,
  oneTask,
  randomWeights,
  sampleTexts,
  temporaryFolder,
  tinyModel,
  writeEncoderFolder,
} from './testing.ts';

const head = { kind: 'dense', pooling: 'mean', normalize: true } as const;
const labels = ['lost', 'rate', 'other'];
const ensemble = { space: oneTask(labels), rule: {}, maxLength: 24 };

let root: string;
const member = (name: string): string => join(root, name);
const save = (name: string, seed: number, own = labels) => {
  const model = tinyModel(head, own);
  const weights = randomWeights(model.encoder, model.head, seed);
  return saveModelFolder(member(name), { ...model, weights }, { tokenizerFrom: join(root, 'encoder'), card });
};
beforeAll(async () => {
  root = await temporaryFolder();
  await writeEncoderFolder(join(root, 'encoder'));
  await save('a', 1);
  await save('b', 100);
  await save('other', 1, ['x', 'y', 'z']);
});
afterAll(() => rm(root, { recursive: true }));

describe('an ensemble folder', () => {
  it('answers with the mean of its members’ probabilities, in batches as one by one', async () => {
    const folder = join(root, 'both');
    await saveEnsembleFolder(folder, { ...ensemble, members: [member('a'), member('b')] }, { card });
    const classifiers = await Promise.all(
      [folder, member('a'), member('b')].map((one) => loadClassifier(one, { threads: 1 })),
    );
    try {
      // More texts than a batch holds: some wait for the next, in every member alike.
      const texts = Array.from({ length: 200 }, (_, i) => `${sampleTexts[i % 4]} ${'card '.repeat(i % 9)}`);
      const [whole, first, second] = await Promise.all(classifiers.map((one) => one.classify(texts)));
      const of = (predictions: typeof whole, i: number, label: string): number =>
        predictions![i]!.labels.find((one) => one.label === label)!.probability;
      texts.forEach((_, i) =>
        labels.forEach((label) =>
          expect(of(whole, i, label)).toBeCloseTo((of(first, i, label) + of(second, i, label)) / 2, 4),
        ),
      );
    } finally {
      await Promise.all(classifiers.map((one) => one.dispose()));
    }
    await expect(loadModelFolder(folder)).rejects.toMatchObject({
      code: 'invalid_input',
      message: `${folder} is an ensemble of 2 models; one is wanted here`,
      hint: `Name one of its members, such as ${join(folder, 'members', '1')}`,
    });
    expect(await readFile(join(folder, 'README.md'), 'utf8')).toContain("the mean of 2 models' probabilities");
  });

  it('refuses one member, members of other labels, and a list that leaves the folder', async () => {
    const folder = join(root, 'wrong');
    await expect(saveEnsembleFolder(folder, { ...ensemble, members: [member('a')] }, { card })).rejects.toThrow(
      '2 or more',
    );
    await saveEnsembleFolder(folder, { ...ensemble, members: [member('a'), member('other')] }, { card });
    await expect(loadClassifier(folder)).rejects.toThrow(
      `${join(folder, 'members', '2')}: its labels or maxLength differ`,
    );
    const path = join(folder, 'taxon.json');
    const taxon = JSON.parse(await readFile(path, 'utf8')) as object;
    await writeFile(path, JSON.stringify({ ...taxon, members: ['members/1', '../a'] }));
    await expect(loadClassifier(folder)).rejects.toMatchObject({ code: 'invalid_input' });
  });
});
