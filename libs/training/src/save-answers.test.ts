import { access, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { compareAnswers, readAnswers, type Answers, type RunReport } from '@taxon/evaluation';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TrainingResult } from './index.ts';
import { openWorkshop, topicNames, type Topic, type Workshop } from './plans/testing.ts';

let shop: Workshop;
beforeAll(async () => {
  shop = await openWorkshop();
});
afterAll(() => shop.remove());

interface Row {
  text: string;
  label: Topic;
}
const rowsOf = (count: number): Row[] =>
  Array.from({ length: count }, (_, i) => ({ text: shop.about(topicNames[i % 3]!), label: topicNames[i % 3]! }));
/** Two thirds of the labels say the next topic. */
const damage = (rows: readonly Row[]): Row[] =>
  rows.map(({ text, label }, i) => ({
    text,
    label: i % 9 < 3 ? label : topicNames[(topicNames.indexOf(label) + 1) % 3]!,
  }));

const answersOf = ({ runFolder }: TrainingResult): Promise<Answers> => readAnswers(join(runFolder, 'answers.jsonl'));

/** Addresses of the files that a run's page names. */
const namedFiles = async (runFolder: string): Promise<string[]> => {
  const page = await readFile(join(runFolder, 'report.html'), 'utf8');
  const list = /<ul class="files">(.*?)<\/ul>/su.exec(page)![1]!;
  return [...list.matchAll(/href="([^"]+)"/gu)].map(([, path]) => path!);
};

describe('the answers that a run keeps', () => {
  it('are those of its scores, and show that a damaged model is worse', async () => {
    const rows = rowsOf(150);
    const test = await shop.write(rowsOf(90), 'test.jsonl');
    const split = { train: 0.8, validation: 0.2, test: 0 };
    const good = await shop.run(shop.recipe({ data: { train: await shop.write(rows), test, split } }, 'good'));
    const answers = await answersOf(good);
    expect(answers).toMatchObject({ split: 'test', tasks: [{ kind: 'single-label', labels: [...topicNames].sort() }] });
    const right = answers.texts.filter(({ decisions: [one] }) => one!.expected![0] === one!.given[0]).length;
    expect(right / answers.texts.length).toBeCloseTo(good.test!.figures['accuracy']!, 12);

    const bad = await shop.write(damage(rows), 'damaged.jsonl');
    const damaged = await shop.run(shop.recipe({ data: { train: bad, test, split } }, 'damaged'));
    const { notes, tasks } = compareAnswers(answers, await answersOf(damaged), { resamples: 200 });
    expect(notes).toEqual([]);
    const { accuracy } = tasks[0]!.comparison.figures;
    expect(accuracy!.b).toBe(damaged.test!.figures['accuracy']);
    expect(accuracy!.upper).toBeLessThan(-0.1);
    expect(accuracy!.p).toBeLessThan(0.001);
  });

  it('are of the validation part where there is no other, and none where there is none', async () => {
    const train = await shop.write(rowsOf(60));
    const optimizer = { epochs: 0 };
    const held = await shop.run(
      shop.recipe({ data: { train, split: { train: 0.7, validation: 0.3, test: 0 } }, optimizer }),
    );
    const { split, texts } = await answersOf(held);
    expect([split, texts.length]).toEqual(['validation', held.validation!.n]);
    const none = await shop.run(
      shop.recipe({ data: { train, split: { train: 1, validation: 0, test: 0 } }, optimizer }),
    );
    expect(await namedFiles(none.runFolder)).not.toContain('answers.jsonl');
    await expect(answersOf(none)).rejects.toMatchObject({ code: 'not_found' });
  });

  it('and all else that a run leaves beside its report are named there', async () => {
    const rows = rowsOf(120).map((row, i) => ({ ...row, source: `s${i % 2}` }));
    const data = { train: await shop.write(rows), sourceColumn: 'source' };
    const optimizer = { epochs: 1 };
    const { runFolder } = await shop.run(
      shop.recipe({ data, folds: 2, ensemble: 'vote', optimizer, logging: { tensorboard: true } }),
    );
    const named = await namedFiles(runFolder);
    expect(named).toEqual(
      expect.arrayContaining(['answers.jsonl', 'out-of-fold.jsonl', 'history.jsonl', 'metrics.json']),
    );
    for (const path of named) await access(join(runFolder, path));
    const { tasks } = JSON.parse(await readFile(join(runFolder, 'metrics.json'), 'utf8')) as Pick<RunReport, 'tasks'>;
    expect((await readAnswers(join(runFolder, 'answers.jsonl'))).texts).toHaveLength(tasks[0]!.final.test!.n);
    const plain = await shop.run(shop.recipe({ data, optimizer, logging: { tensorboard: true } }, 'plain'));
    expect(dirname(plain.runFolder)).toBe(plain.modelFolder);
    const all = await namedFiles(plain.runFolder);
    expect(all).toEqual(expect.arrayContaining(['epochs/', 'tensorboard/', 'history.jsonl', 'answers.jsonl']));
    for (const path of all) await access(join(plain.runFolder, path));
  });
});
