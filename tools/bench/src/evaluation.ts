import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BenchContext, Benchmark, Skipped } from './benchmark.ts';
import { multiLabelWork, singleLabelWork, type Work } from './evaluation-work.ts';
import { madeUpAnswers, type MadeUpAnswers } from './made-up-answers.ts';
import { numberOption } from './option-values.ts';
import { parseJsonLine } from './run-child.ts';
import { formatTable } from './table.ts';

const tasks = ['multiLabel', 'singleLabel'] as const;

/** Milliseconds by function, by task. */
type Times = Record<(typeof tasks)[number], Record<string, number>>;

/** Each function once, as a report calls it: what Node does to warm up is in it. */
const timesOf = (work: Work): Record<string, number> =>
  Object.fromEntries(
    Object.entries(work).map(([name, run]) => {
      const start = performance.now();
      run();
      return [name, performance.now() - start];
    }),
  );

const sumOf = (times: Record<string, number>): number => Object.values(times).reduce((sum, time) => sum + time, 0);

/** What evaluating.py reads: the same answers. */
const writeForPeer = async (folder: string, { multiLabel, singleLabel }: MadeUpAnswers): Promise<void> => {
  await writeFile(join(folder, 'multi.logits'), multiLabel.logits);
  await writeFile(join(folder, 'multi.expected'), multiLabel.expected);
  await writeFile(join(folder, 'single.logits'), singleLabel.logits);
  await writeFile(join(folder, 'single.expected'), singleLabel.expected);
};

const measurePeer = async (context: BenchContext, answers: MadeUpAnswers, labels: number): Promise<Times | Skipped> => {
  const environment = await context.peer();
  if ('skipped' in environment) return environment;
  const folder = await mkdtemp(join(tmpdir(), 'taxon-bench-'));
  try {
    context.say('scikit-learn …');
    await writeForPeer(folder, answers);
    const request = JSON.stringify({ folder, labels });
    const { lastLine } = await environment.run('evaluating.py', [request], context.signal);
    return parseJsonLine(lastLine, 'evaluating.py') as unknown as Times | Skipped;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};

const tableOf = (times: Record<string, number>, peer: Partial<Record<string, number>>): string =>
  formatTable(
    ['what', 'Taxon, ms', 'scikit-learn, ms', 'times as fast'],
    [...Object.entries(times), ['all', sumOf(times)] as const].map(([name, milliseconds]) => {
      const other = peer[name];
      return [
        name,
        milliseconds.toFixed(0),
        other?.toFixed(0) ?? '–',
        other === undefined ? '–' : (other / milliseconds).toFixed(1),
      ];
    }),
  );

export const evaluation: Benchmark = {
  summary: 'What a report evaluates, on made-up answers, against scikit-learn where it does the same',
  options: {
    texts: { describe: 'texts', default: '10000' },
    labels: { describe: 'labels', default: '600' },
  },
  async run(context) {
    const texts = numberOption('texts', context.options.texts, { least: 10, most: 1_000_000, whole: true });
    const labels = numberOption('labels', context.options.labels, { least: 6, most: 10_000, whole: true });
    const answers = madeUpAnswers(texts, labels);
    context.say('Taxon …');
    const times: Times = {
      multiLabel: timesOf(multiLabelWork(answers.multiLabel, labels)),
      singleLabel: timesOf(singleLabelWork(answers.singleLabel, labels)),
    };
    const peakMemoryBytes = process.resourceUsage().maxRSS * 1024;
    const peer = await measurePeer(context, answers, labels);
    const both = 'skipped' in peer ? undefined : peer;
    const ratioOf = (task: keyof Times): Record<string, number> =>
      Object.fromEntries(Object.entries(both?.[task] ?? {}).map(([name, time]) => [name, time / times[task][name]!]));
    return {
      taxon: { ...times, peakMemoryBytes },
      peer,
      ratio: both === undefined ? {} : { multiLabel: ratioOf('multiLabel'), singleLabel: ratioOf('singleLabel') },
      text: tasks.map((task) => `${task}\n${tableOf(times[task], both?.[task] ?? {})}`).join('\n\n'),
    };
  },
};
