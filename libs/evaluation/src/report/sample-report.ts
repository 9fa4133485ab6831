import { classificationMetrics } from '../classification-metrics.ts';
import { confusionMatrix } from '../confusion-matrix.ts';
import type { RunReport } from './run-report.ts';

/** Numbers that look random and never change (mulberry32). */
const numbers = (seed: number) => () => {
  seed = (seed + 0x6d2b79f5) | 0;
  let mixed = Math.imul(seed ^ (seed >>> 15), seed | 1);
  mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
  return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
};

const topics = ['card', 'refund', 'delivery', 'account', 'login', 'invoice', 'plan', 'app', 'order', 'address'];
const actions = [
  'lost',
  'late',
  'change',
  'cancel',
  'question',
  'broken',
  'missing',
  'upgrade',
  'double charged',
  'not working',
];
const labelName = (i: number): string => {
  const name = `${topics[i % 10]!} ${actions[Math.floor(i / 10 + i) % 10]!}`;
  return i < 100 ? name : `${name} ${Math.floor(i / 100) + 1}`;
};

/** Right answers but for mistakes that favour a neighbour, as real ones do; worse for some classes. */
const answers = (classes: number, texts: number, error: number, random: () => number) => {
  const expected = Int32Array.from({ length: texts }, (_, i) => i % classes);
  const predicted = expected.map((label) => {
    const hard = label % 7 === 3 ? 3.5 : 0.6;
    if (random() > error * hard) return label;
    const reach = random() < 0.75 ? 1 + Math.floor(random() * 2) : Math.floor(random() * classes);
    return (label + reach) % classes;
  });
  return { expected, predicted };
};

/** A made-up run, for tests and for looking at the page. */
export const sampleReport = (classes: number, textsAClass = 8): RunReport => {
  const random = numbers(classes);
  const labels = Array.from({ length: classes }, (_, i) => labelName(i)).sort();
  const score = (error: number) => {
    const { expected, predicted } = answers(classes, classes * textsAClass, error, random);
    return { expected, predicted, metrics: classificationMetrics(expected, predicted, labels) };
  };
  const [validation, test] = [score(0.05), score(0.06)];
  const steps = 40 + 4 * classes;
  const wrong = [...test.predicted.keys()].filter((i) => test.expected[i] !== test.predicted[i]);
  return {
    title: 'support-tickets.csv',
    createdAt: '2026-11-22T21:14:05.000Z',
    encoder: 'all-MiniLM-L6-v2',
    recipe: {
      data: { train: 'support-tickets.csv', textColumn: 'text', labelColumn: 'label' },
      head: { kind: 'dense', pooling: 'mean', start: 'solved' },
      optimizer: { epochs: 2, learningRate: 1e-4, layerDecay: 0.9, schedule: 'linear', warmup: 0.1 },
      seed: 0,
    },
    data: {
      classes: labels.map((label, i) => ({ label, count: 20 + ((i * 37) % 60) })),
      sizes: { train: classes * 35, validation: validation.metrics.n, test: test.metrics.n },
      files: ['support-tickets.csv'],
      notes: [
        {
          level: 'warning',
          message:
            '2 texts carry different labels:\n  "where is my order": "order late" on line 12, "delivery late" on line 88',
        },
        { level: 'info', message: '3 texts occur more than once; copies of a text stay in the same part' },
      ],
    },
    history: Array.from({ length: steps }, (_, i) => ({
      step: i + 1,
      epoch: (2 * (i + 1)) / steps,
      loss: 0.08 + 0.7 * Math.exp((-5 * i) / steps) * (0.6 + 0.8 * random()),
      learningRate: 1e-4 * (1 - i / steps),
    })),
    evaluations: [0, 0.5, 1, 1.5, 2].map((epoch) => ({
      epoch,
      step: Math.round((epoch / 2) * steps),
      split: 'validation',
      loss: 0.18 + 0.35 * Math.exp(-2 * epoch),
      metrics: score(0.05 + 0.09 * Math.exp(-2 * epoch)).metrics,
    })),
    final: { validation: validation.metrics, test: test.metrics },
    confusion: { split: 'test', ...confusionMatrix(test.expected, test.predicted, labels) },
    mistakes: wrong.map((i) => ({
      text: `why is my ${labels[test.expected[i]!]!} <b>still</b> an issue & what can i do about "it"? (${i})`,
      expected: labels[test.expected[i]!]!,
      predicted: labels[test.predicted[i]!]!,
      probability: 0.4 + 0.59 * random(),
      line: i + 2,
    })),
    timings: { read: 0.2, encoder: 0.6, tokenize: 0.4, embed: 4.8, head: 1.9, train: 21.3, evaluate: 1.2, save: 0.8 },
    peakMemoryBytes: 812 * 2 ** 20,
  };
};
