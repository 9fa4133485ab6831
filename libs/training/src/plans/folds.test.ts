import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { loadClassifier } from '@taxon/models';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { TrainingEvent } from '../index.ts';
import {
  digestsOfNumbers,
  openWorkshop,
  parseLines,
  topicNames as names,
  trainedNumbers,
  type Workshop,
} from './testing.ts';

let shop: Workshop;
beforeEach(async () => {
  shop = await openWorkshop();
});
afterEach(() => shop.remove());

/** Texts on three topics; every `wrongEvery`-th has the next topic's label. */
const writeData = async (count: number, wrongEvery = Infinity): Promise<{ path: string; wrongLines: Set<number> }> => {
  const wrongLines = new Set<number>();
  const rows = Array.from({ length: count }, (_, i) => {
    const wrong = i % wrongEvery === wrongEvery - 1;
    if (wrong) wrongLines.add(i + 1);
    return { text: shop.about(names[i % 3]!), label: names[(i + (wrong ? 1 : 0)) % 3] };
  });
  return { path: await shop.write(rows), wrongLines };
};

interface Metrics {
  tasks: {
    folds: { n: number; figures: Record<string, number> }[];
    final: Record<string, { n: number; figures: Record<string, number> }>;
  }[];
}
const metricsOf = async (model: string): Promise<Metrics> =>
  JSON.parse(await shop.read(model, 'metrics.json')) as Metrics;

describe('folds', () => {
  it('answer every training text by a model that did not learn from it, and find labels that are wrong', async () => {
    const { path, wrongLines } = await writeData(180, 15);
    const { events, test } = await shop.run(shop.recipe({ data: { train: path }, folds: 3 }));
    const lines = parseLines(await shop.read('model', 'out-of-fold.jsonl'));
    const { tasks } = await metricsOf('model');
    expect(lines.length).toBe(tasks[0]!.final['out-of-fold']!.n);
    expect(new Set(lines.map(({ line }) => line)).size).toBe(lines.length);
    expect(tasks[0]!.folds.map(({ n }) => n).reduce((a, b) => a + b)).toBe(lines.length);
    for (const { figures } of tasks[0]!.folds) expect(figures['accuracy']).toBeGreaterThan(0.7);
    expect(test!.figures['accuracy']).toBeGreaterThan(0.7);
    const suspects = (await shop.read('model', 'label-errors.csv')).trimEnd().split(/\r?\n/).slice(1);
    const found = suspects.map((row) => Number(row.split(',')[1])).filter((line) => wrongLines.has(line));
    const trained = lines.filter(({ line }) => wrongLines.has(line as number));
    // Of all labels one in fifteen is wrong.
    expect(found.length).toBeGreaterThan(0.5 * trained.length);
    expect(found.length).toBeGreaterThan(0.5 * suspects.length);
    const purposes = events.flatMap((event) =>
      event.kind === 'stage' && event.stage === 'train' ? [event.training] : [],
    );
    expect(purposes.map((of) => [of?.purpose, of?.number, of?.total])).toEqual([
      ['fold', 1, 4],
      ['fold', 2, 4],
      ['fold', 3, 4],
      ['final', 4, 4],
    ]);
    expect((await readdir(shop.folder)).sort()).toEqual(['data.jsonl', 'encoder', 'model']);
  });

  it.each(['refit', 'soup', 'vote'] as const)(
    'go on where they were stopped, to the same bytes: %s',
    async (ensemble) => {
      const { path } = await writeData(120);
      const plan = { data: { train: path }, folds: 3, ensemble };
      const straight = await shop.run(shop.recipe(plan, 'straight'));
      let fold = 0;
      const stopAt = (event: TrainingEvent): boolean => {
        if (event.kind === 'stage') fold = event.training?.number ?? 0;
        return fold === 2 && event.kind === 'evaluation' && event.step > 0;
      };
      await expect(shop.run(shop.recipe(plan), { stopAt })).rejects.toMatchObject({ code: 'cancelled' });
      const resumed = await shop.run(shop.recipe(plan), { resume: true });
      const begun = trainedNumbers(resumed.events);
      expect(begun).toEqual(ensemble === 'refit' ? [2, 3, 4] : [2, 3]); // the first fold is not trained again
      expect(resumed.test).toEqual(straight.test);
      const [a, b] = await Promise.all(
        ['straight', 'model'].map((model) => digestsOfNumbers(join(shop.folder, model))),
      );
      expect(b!.length).toBeGreaterThan(0);
      expect(b).toEqual(a);
      expect(await shop.read('model', 'out-of-fold.jsonl')).toBe(await shop.read('straight', 'out-of-fold.jsonl'));
    },
  );

  it('vote as one model that is served: the mean of the members’ probabilities', async () => {
    const { path } = await writeData(120);
    const { modelFolder, test } = await shop.run(shop.recipe({ data: { train: path }, folds: 2, ensemble: 'vote' }));
    expect(test!.figures['accuracy']).toBeGreaterThan(0.7);
    const texts = ['my card help', 'pay please twice', 'new money', 'my money please'];
    const folders = [modelFolder, join(modelFolder, 'members', '1'), join(modelFolder, 'members', '2')];
    const answers: Map<string, number>[][] = [];
    for (const one of folders) {
      const classifier = await loadClassifier(one, { threads: 1 });
      const predictions = await classifier.classify(texts);
      answers.push(
        predictions.map(({ labels }) => new Map(labels.map(({ label, probability }) => [label, probability]))),
      );
      await classifier.dispose();
    }
    const [whole, first, second] = answers as [Map<string, number>[], Map<string, number>[], Map<string, number>[]];
    let apart = 0;
    texts.forEach((_, i) =>
      names.forEach((label) => {
        const [p, q] = [first[i]!.get(label)!, second[i]!.get(label)!];
        apart = Math.max(apart, Math.abs(p - q));
        expect(whole[i]!.get(label)).toBeCloseTo((p + q) / 2, 5);
      }),
    );
    expect(apart).toBeGreaterThan(1e-3);
    await writeFile(join(modelFolder, 'members', '2', 'config.json'), '{}');
    await expect(loadClassifier(modelFolder)).rejects.toMatchObject({
      code: 'invalid_input',
      message: expect.stringContaining(join('members', '2', 'config.json')),
    });
  });

  it('leave nothing where they are stopped before the first has begun', async () => {
    const { path } = await writeData(120);
    const stopAt = (event: TrainingEvent): boolean => event.kind === 'stage' && event.stage === 'embed';
    await expect(shop.run(shop.recipe({ data: { train: path }, folds: 3 }), { stopAt })).rejects.toThrow();
    expect((await readdir(shop.folder)).sort()).toEqual(['data.jsonl', 'encoder']);
  });
});

describe('bags', () => {
  it('are asked about the texts that they did not draw', async () => {
    const { path } = await writeData(120);
    await shop.run(shop.recipe({ data: { train: path }, bagging: 3 }));
    const lines = parseLines(await shop.read('model', 'out-of-fold.jsonl'));
    const { tasks } = await metricsOf('model');
    const asked = tasks[0]!.folds.map(({ n }) => n);
    expect(lines.flatMap(({ by }) => by as number[]).length).toBe(asked.reduce((a, b) => a + b));
    // A third of the texts is in no bag of its own size: (1 − 1/n)ⁿ is nearly 1/e.
    for (const n of asked) expect(n / 84).toBeCloseTo(1 / Math.E, 0);
    expect(lines.length).toBeGreaterThan(Math.max(...asked));
  });
});

describe('plans that make no sense', () => {
  it.each([
    [{ folds: 3, bagging: 3 }, 'folds is 3 and bagging is 3'],
    [{ ensemble: 'vote' as const }, "ensemble is 'vote' and there are no members"],
    [{ search: { trials: 2, options: { maxLength: [64, 128] } } }, "search.options: 'maxLength' is not for searching"],
    [
      { search: { trials: 2, options: { 'optimizer.epoch': [1] } } },
      "search.options: there is no option 'optimizer.epoch'",
    ],
    [{ search: { trials: 2, options: { 'optimizer.epochs': [-1] } } }, 'optimizer.epochs'],
    [{ data: { train: 'none.csv', crossSource: true } }, 'data.crossSource is true without data.sourceColumn'],
  ])('are refused before anything is read: %j', async (input, message) => {
    await expect(shop.run(shop.recipe({ data: { train: 'none.csv' }, ...input }))).rejects.toMatchObject({
      code: 'invalid_input',
      message: expect.stringContaining(message),
    });
  });
});
