import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { LabelSpace } from '@taxon/data';
import { scoreLogits } from '@taxon/training';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { unseenLabels } from './evaluation.ts';
import { writeEvaluationReport } from './evaluation-report.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'taxon-report-'));
});
afterAll(() => rm(folder, { recursive: true }));

const example = (text: string, label: string, line: number) => ({ text, labels: [[label]], line });
const examples = [
  example('money back', 'refund', 2),
  example('late <again>', 'delay', 3),
  example('hello', 'greeting', 4),
];
const dataset = { path: 'texts.csv', examples, kinds: ['single-label' as const], notes: [] };
const space: LabelSpace = { tasks: [{ name: 'label', kind: 'single-label', labels: ['delay', 'refund'] }] };
// Sure of refund, whatever the text.
const scored = scoreLogits(Float32Array.of(0, 2, 0, 2, 0, 2), examples, space, {});
const evaluation = { scored, unseen: unseenLabels(examples, space) };

const pageOf = async (model: string): Promise<string> => {
  const target = join(folder, 'evaluation');
  await writeEvaluationReport(target, { model, space, dataset, evaluation });
  return readFile(join(target, 'report.html'), 'utf8');
};

it('shows mistakes and unknown labels of a model that others have trained', async () => {
  const page = await pageOf(join(folder, 'theirs'));
  expect(page).toContain('late &lt;again&gt;');
  expect(page).toContain('does not know the label &#39;greeting&#39;');
  expect(page).toContain('What this model was trained on is not known');
});

it('shows what our own training has left beside the model', async () => {
  const model = join(folder, 'ours');
  await mkdir(join(model, 'run'), { recursive: true });
  const classes = [
    { label: 'delay', count: 777 },
    { label: 'refund', count: 70 },
  ];
  const data = { classes, sizes: { train: 847, validation: 0, test: 0 }, notes: [] };
  await writeFile(
    join(model, 'run', 'metrics.json'),
    JSON.stringify({ encoder: 'an-encoder', recipe: { seed: 7 }, data }),
  );
  const page = await pageOf(model);
  expect(page).toContain('an-encoder');
  expect(page).toContain('777');
  expect(page).not.toContain('is not known');
});
