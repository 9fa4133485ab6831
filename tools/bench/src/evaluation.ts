import {
  applyThresholds,
  calibrate,
  compareMultiLabelRuns,
  likelyMultiLabelErrors,
  multiLabelErrors,
  multiLabelIntervals,
  multiLabelMetrics,
  multiLabelMistakes,
  rankingMetrics,
  sweepThresholds,
} from '@taxon/evaluation';
import { sigmoids } from '@taxon/probability';
import type { Benchmark, Figures, Outcome } from './benchmark.ts';
import { numberOption } from './option-values.ts';
import { parseJsonLine } from './run-child.ts';
import { formatTable } from './table.ts';

/** Made-up answers of a multi-label classifier that is right most of the time; the peer makes the same from the same seed. */
const madeUp = (texts: number, labels: number) => {
  let state = 12345;
  // A linear congruential generator (Numerical Recipes), which Python repeats in a line.
  const random = (): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
  const logits = new Float32Array(texts * labels);
  const expected = new Uint8Array(texts * labels);
  for (let at = 0; at < logits.length; at++) logits[at] = -5 + 2 * (random() - 0.5);
  for (let text = 0; text < texts; text++)
    for (let i = 0; i < 3; i++) {
      const label = Math.floor(labels * random() ** 2); // some labels are rare
      expected[text * labels + label] = 1;
      if (random() < 0.85) logits[text * labels + label] = 4 * random();
      if (random() < 0.3) logits[text * labels + Math.floor(labels * random())] = 3 * random();
    }
  return { logits, expected };
};

const timed = (run: () => unknown): number => {
  const start = performance.now();
  run();
  return performance.now() - start;
};

/** Milliseconds of each function that a report calls. */
const measure = (texts: number, labels: number, say: (text: string) => void): Record<string, number> => {
  const { logits, expected } = madeUp(texts, labels);
  const names = Array.from({ length: labels }, (_, i) => `label ${i}`);
  const rows = Array.from({ length: texts }, (_, i) => ({ text: `text ${i}` }));
  const answers = { labels: names, expected, predicted: applyThresholds(logits, labels, 0) };
  const other = { ...answers, predicted: applyThresholds(logits, labels, 0.5) };
  const work: Record<string, () => unknown> = {
    metrics: () => multiLabelMetrics(answers),
    ranking: () => rankingMetrics(logits, expected, names),
    thresholds: () => sweepThresholds(logits, expected, names, { labelPoints: 50 }),
    calibration: () => calibrate('multi-label', labels, { logits, expected }),
    intervals: () => multiLabelIntervals(answers),
    comparison: () => compareMultiLabelRuns(answers, answers.predicted, other.predicted),
    errors: () => multiLabelErrors(answers, logits),
    mistakes: () => multiLabelMistakes(rows, answers, logits),
    labelErrors: () => likelyMultiLabelErrors(sigmoids(logits), expected, names),
  };
  return Object.fromEntries(
    Object.entries(work).map(([name, run]) => {
      say(`${name} …`);
      return [name, timed(run)];
    }),
  );
};

export const evaluation: Benchmark = {
  summary:
    'What a report evaluates, on made-up answers of a multi-label classifier, against scikit-learn where it does the same',
  options: {
    texts: { describe: 'texts', default: '10000' },
    labels: { describe: 'labels', default: '600' },
  },
  async run(context): Promise<Outcome> {
    const texts = numberOption('texts', context.options.texts, { least: 10, most: 1_000_000, whole: true });
    const labels = numberOption('labels', context.options.labels, { least: 2, most: 10_000, whole: true });
    const taxon = measure(texts, labels, context.say);
    const environment = await context.peer();
    let peer: Figures;
    if ('skipped' in environment) peer = { skipped: environment.skipped };
    else {
      context.say('scikit-learn …');
      const { lastLine } = await environment.run('evaluating.py', [JSON.stringify({ texts, labels })], context.signal);
      peer = parseJsonLine(lastLine, 'evaluating.py') as Figures;
    }
    const shared = Object.keys(taxon).filter((name) => typeof peer[name] === 'number');
    const ratio = Object.fromEntries(shared.map((name) => [name, (peer[name] as number) / taxon[name]!]));
    const text = formatTable(
      ['what', 'Taxon, ms', 'scikit-learn, ms', 'times as fast'],
      Object.entries(taxon).map(([name, milliseconds]) => [
        name,
        milliseconds.toFixed(0),
        typeof peer[name] === 'number' ? peer[name].toFixed(0) : '–',
        ratio[name]?.toFixed(1) ?? '–',
      ]),
    );
    return { taxon, peer, ratio, text };
  },
};
