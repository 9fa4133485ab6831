import { mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRandom } from '@taxon/data';
import { describeModelFolder, loadClassifier } from '@taxon/models';
import { writeEncoderFolder } from '@taxon/models/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { parseRecipe } from '../parse-recipe.ts';
import type { Recipe } from '../recipe.ts';
import { keepDataPartsJob, prepareRetrainingJob } from '../retraining-job.ts';
import { runRecipe } from '../run-recipe.ts';
import { keepDataParts, prepareRetraining } from './prepare-retraining.ts';

const topics = {
  lost: ['card', 'my', 'pin', 'help'],
  rate: ['money', 'today', 'new', 'sent'],
  close: ['account', 'pay', 'please', 'twice'],
} as const;
const random = createRandom(4);
const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)]!;
const about = (topic: keyof typeof topics): string =>
  Array.from({ length: 5 }, (_, i) => `${pick(topics[topic])}${i % 2 === 0 ? '' : ` ${pick(topics[topic])}`}`).join(
    ' ',
  );

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'taxon-retraining-'));
  await writeEncoderFolder(join(folder, 'encoder'));
});
afterAll(() => rm(folder, { recursive: true }));

const train = (recipe: Recipe) =>
  runRecipe(recipe, { signal: new AbortController().signal, onEvent: () => undefined, resume: false });

it('trains a model again where its files are gone, with new rows, and scores it on the same texts', async () => {
  const rows = Array.from({ length: 240 }, (_, i) => (i % 2 === 0 ? ('lost' as const) : ('rate' as const)));
  const data = join(folder, 'data.jsonl');
  await writeFile(data, rows.map((label) => JSON.stringify({ text: about(label), label })).join('\n'));
  const recipe = parseRecipe({
    data: { train: data },
    encoder: join(folder, 'encoder'),
    optimizer: { epochs: 8, learningRate: 3e-3, tokensPerStep: 256, keep: 1 },
    ...{ threads: 1, output: join(folder, 'first') },
  });
  const first = await train(recipe);
  await expect(
    prepareRetraining({ parent: first.modelFolder, rows: [], folder: join(folder, 'no') }),
  ).rejects.toMatchObject({
    code: 'failed_precondition',
    message: expect.stringContaining('holds no training data (run/data)'),
  });
  await keepDataParts(first.modelFolder, recipe);
  // A registry's checkout is elsewhere, and the labelled file is no longer there.
  const parent = join(folder, 'checkout');
  await rename(first.modelFolder, parent);
  await rm(data);

  const again = await prepareRetraining({ parent, rows: [], folder: join(folder, 'again') });
  await train(again.recipe);
  const [before, same] = await Promise.all([parent, again.recipe.output].map(describeModelFolder));
  expect(same!.lineage!['dataDigest']).toBe(before!.lineage!['dataDigest']);

  const told = join(folder, 'told.jsonl');
  const lines = Array.from({ length: 60 }, () =>
    JSON.stringify({ text: about('close'), labels: { label: ['close'] } }),
  );
  await writeFile(told, `${lines.join('\n')}\n`);
  const more = await prepareRetraining({ parent, rows: [told], folder: join(folder, 'more') });
  expect(more.rows!.added).toBeGreaterThan(50);
  const second = await train(more.recipe);
  expect(second.validation!.n).toBe(first.validation!.n);
  expect(second.test!.n).toBe(first.test!.n);
  const classifier = await loadClassifier(second.modelFolder, { threads: 1 });
  try {
    const answers = await classifier.classify([about('close'), about('lost'), about('rate')]);
    expect(answers.map(({ answer }) => answer[0])).toEqual(['close', 'lost', 'rate']);
  } finally {
    await classifier.dispose();
  }
});

it('keeps with a model the other files that its recipe reads, and trains again without them, in a process of its own', async () => {
  const rows = Array.from({ length: 120 }, (_, i) => (['lost', 'rate', 'close'] as const)[i % 3]!);
  const put = async (name: string, text: string): Promise<string> => {
    await writeFile(join(folder, name), text);
    return join(folder, name);
  };
  const files = {
    train: await put('levels.jsonl', rows.map((label) => JSON.stringify({ text: about(label), label })).join('\n')),
    map: await put('levels.json', JSON.stringify({ lost: 'card', rate: 'money', close: 'money' })),
    outOfScope: await put('strange.txt', Array.from({ length: 12 }, (_, i) => `unable open ${i}`).join('\n')),
  };
  const recipe = parseRecipe({
    data: { train: files.train },
    hierarchy: { map: files.map },
    abstain: { outOfScope: files.outOfScope },
    logging: { tensorboardFolder: join(folder, 'boards') },
    encoder: join(folder, 'encoder'),
    optimizer: { epochs: 1, learningRate: 3e-3, tokensPerStep: 256 },
    ...{ threads: 1, output: join(folder, 'levels') },
  });
  const { modelFolder } = await train(recipe);
  await keepDataPartsJob(modelFolder, recipe);
  for (const path of Object.values(files)) await rm(path);
  const parent = join(folder, 'levels elsewhere');
  await rename(modelFolder, parent);

  const told = await put('levels-told.jsonl', `${JSON.stringify({ text: 'pay', labels: { label: ['lost'] } })}\n`);
  const given = { parent, rows: [told] };
  const here = await prepareRetraining({ ...given, folder: join(folder, 'levels here') });
  const again = await prepareRetrainingJob({ ...given, folder: join(folder, 'levels again') });
  const read = (name: string) => readFile(join(folder, name, 'train.jsonl'), 'utf8');
  expect(again.rows).toEqual(here.rows);
  expect(await read('levels again')).toBe(await read('levels here'));
  const { hierarchy, abstain, logging } = again.recipe;
  expect([hierarchy!.map, abstain.outOfScope, logging.tensorboardFolder]).toEqual([
    join(folder, 'levels again', 'hierarchy.json'),
    join(folder, 'levels again', 'out-of-scope.txt'),
    undefined,
  ]);
  await rm(parent, { recursive: true });
  const { space } = await describeModelFolder((await train(again.recipe)).modelFolder);
  expect(space!.hierarchy).toEqual({ parents: [0, 1, 1] });
  await expect(prepareRetrainingJob({ ...given, folder: join(folder, 'no') })).rejects.toMatchObject({
    code: 'not_found',
  });
}, 60_000);
