import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { evaluatePredictions } from './evaluation.ts';
import { writeEvaluationReport } from './evaluation-report.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'taxon-report-'));
});
afterAll(() => rm(folder, { recursive: true }));

const examples = [
  { text: 'money back', label: 'refund', line: 2 },
  { text: 'late <again>', label: 'delay', line: 3 },
  { text: 'hello', label: 'greeting', line: 4 },
];
const dataset = { path: 'texts.csv', examples, notes: [] };
const answers = examples.map(() => ({
  labels: [{ label: 'refund', probability: 0.9 }],
  tokens: 4,
  truncated: false,
}));
const evaluation = evaluatePredictions(examples, answers, ['delay', 'refund']);

const pageOf = async (model: string): Promise<string> => {
  const target = join(folder, 'evaluation');
  await writeEvaluationReport(target, { model, dataset, evaluation });
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
