import { calibrate } from '../calibration/calibration.ts';
import { chooseAbstention } from '../abstention/abstention-threshold.ts';
import { outOfScopeDetection } from '../abstention/out-of-scope.ts';
import { riskCoverage } from '../abstention/risk-coverage.ts';
import { classificationMetrics } from '../classification-metrics.ts';
import { confusionMatrix } from '../confusion-matrix.ts';
import { singleLabelMistakes } from '../error-analysis/mistake-rows.ts';
import { groupByLength, groupByName } from '../groupings.ts';
import { hierarchicalMetrics } from '../hierarchical-metrics.ts';
import { likelyLabelErrors } from '../label-quality/likely-label-errors.ts';
import { indexOfLargest, softmaxes } from '@taxon/probability';
import { createRandom } from '../random.ts';
import { compareSingleLabelRuns } from '../significance/compare-runs.ts';
import { singleLabelIntervals, type Intervals } from '../significance/intervals.ts';
import { singleLabelSlices } from '../slices.ts';
import { topKAccuracy } from '../top-k-accuracy.ts';
import type { LabelGroup, RunReport } from './run-report.ts';
import type { ClassificationMetrics, Figures } from '../metrics.ts';
import type { MultiLabelMetrics } from '../multi-label-metrics.ts';
import type { PartScores, SingleLabelTaskReport } from './task-report.ts';

/** Metrics as the report takes them: every number by its name, and the table of labels. */
export const partScores = (
  { n, ...metrics }: ClassificationMetrics | MultiLabelMetrics,
  intervals?: Intervals,
): PartScores => ({
  n,
  figures: Object.fromEntries(Object.entries(metrics).filter(([, value]) => typeof value === 'number')) as Figures,
  perLabel: 'perClass' in metrics ? metrics.perClass : metrics.perLabel,
  ...(intervals && { intervals }),
});

/** Numbers within 0..1 that look random and never change. */
export const shares = (seed: number) => {
  const random = createRandom(seed);
  return () => random() / 2 ** 32;
};

const topics = ['card', 'refund', 'delivery', 'account', 'login', 'invoice', 'plan', 'app', 'order', 'address'];
const actions = ['lost', 'late', 'change', 'cancel', 'question', 'broken', 'missing', 'upgrade', 'double charged', 'not working']; // prettier-ignore

const labelName = (i: number): string => {
  const name = `${topics[i % 10]!} ${actions[Math.floor(i / 10 + i) % 10]!}`;
  return i < 100 ? name : `${name} ${Math.floor(i / 100) + 1}`;
};

export const sampleLabels = (classes: number): string[] =>
  Array.from({ length: classes }, (_, i) => labelName(i)).sort();

/** Made-up answers: right but for mistakes that favour a neighbour, as real ones do; worse for some classes. */
const answers = (classes: number, texts: number, error: number, random: () => number) => {
  const expected = Int32Array.from({ length: texts }, (_, i) => {
    // Every class at least twice, the first ones more often.
    return i < 2 * classes ? i % classes : Math.floor(classes * random() ** 2);
  });
  const logits = new Float32Array(texts * classes);
  expected.forEach((label, i) => {
    const row = logits.subarray(i * classes, (i + 1) * classes);
    for (let c = 0; c < classes; c++) row[c] = 2 * random() - 1;
    const hard = label % 7 === 3 ? 3.5 : 0.6;
    const reach = random() < 0.75 ? 1 + Math.floor(random() * 2) : Math.floor(random() * classes);
    row[random() > error * hard ? label : (label + reach) % classes]! += 5 + 5 * random();
    row[label]! += 2 * random();
  });
  const predicted = expected.map((_, i) => indexOfLargest(logits.subarray(i * classes, (i + 1) * classes)));
  return { expected, predicted, logits };
};

const sources = ['mail', 'chat', 'forum'];

const textsOf = (expected: Int32Array, labels: readonly string[]) =>
  Array.from(expected, (label, i) => ({
    text: `why is my ${labels[label]!} <b>still</b> an issue & what can i do about "it"? ${'please help '.repeat(i % 5)}(${i})`,
    source: sources[i % 3]!,
    line: i + 2,
  }));

interface Made {
  expected: Int32Array;
  predicted: Int32Array;
  logits: Float32Array;
}

/** A single-label task with what every run tells of it, and the answers behind it. */
const plainTask = (name: string, labels: readonly string[], texts: number, seed: number) => {
  const random = shares(seed);
  const [validation, test] = [0.05, 0.06].map((error) => answers(labels.length, texts, error, random)) as [Made, Made];
  const { expected, predicted, logits } = test;
  const score = ({ expected: right, predicted: given }: Made) =>
    partScores(
      classificationMetrics(right, given, labels),
      singleLabelIntervals(right, given, labels, { resamples: 50 }),
    );
  const rows = textsOf(expected, labels);
  const task: SingleLabelTaskReport = {
    name,
    kind: 'single-label',
    final: { validation: score(validation), test: score(test) },
    confusion: confusionMatrix(expected, predicted, labels),
    mistakes: singleLabelMistakes(rows, expected, predicted, labels, logits),
  };
  return { task, validation, test, rows, random };
};

/** Everything that the report can show of a single-label task. */
const fullTask = (name: string, labels: readonly string[], texts: number, seed: number) => {
  const { task, validation, test, rows, random } = plainTask(name, labels, texts, seed);
  const { expected, predicted, logits } = test;
  const classes = labels.length;
  const probabilities = softmaxes(logits, classes);
  const sure = Float64Array.from(expected, (_, i) =>
    Math.max(...probabilities.subarray(i * classes, (i + 1) * classes)),
  );
  const right = Uint8Array.from(expected, (label, i) => Number(label === predicted[i]));
  const inScope = Uint8Array.from(expected, (_, i) => Number(i % 6 !== 5));
  const scores = sure.map((value, i) => (inScope[i] === 1 ? value : value * (0.3 + 0.7 * random())));
  const { suspects, ...likely } = likelyLabelErrors(probabilities, expected, labels);
  const lengths = rows.map(({ text }) => text.length);
  const before = predicted.map((label, i) => (i % 20 === 0 ? (label + 1) % classes : label));
  const full: SingleLabelTaskReport = {
    ...task,
    topK: topKAccuracy(logits, expected, classes),
    calibration: { ...calibrate('single-label', classes, validation, test), fittedOn: 'validation' },
    abstention: {
      confidence: 'maxProbability',
      riskCoverage: riskCoverage(sure, right),
      outOfScope: outOfScopeDetection(scores, inScope),
      chosen: chooseAbstention(scores, inScope, undefined, right),
    },
    slices: [
      singleLabelSlices(groupByLength(lengths, 5, 'characters'), expected, predicted, labels),
      singleLabelSlices(groupByName(rows.map(({ source }) => source)), expected, predicted, labels),
    ],
    labelErrors: { ...likely, suspects: suspects.map((suspect) => ({ ...suspect, ...rows[suspect.index]! })) },
    folds: [0.91, 0.93, 0.92, 0.9, 0.94].map((accuracy) => ({
      n: texts,
      figures: { accuracy, macroF1: accuracy - 0.01 },
    })),
    comparison: {
      a: 'plain',
      b: 'this run',
      comparison: compareSingleLabelRuns(expected, before, predicted, labels, { resamples: 50 }),
    },
  };
  return { task: full, test };
};

/** A made-up run of one single-label task without anything that is optional, for tests and for looking at the page. */
export const sampleReport = (classes: number, textsAClass = 8): RunReport => {
  const labels = sampleLabels(classes);
  const random = shares(classes);
  const { task } = plainTask('label', labels, classes * textsAClass, 1);
  const steps = 40 + 4 * classes;
  const n = task.final.test!.n;
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
      sizes: { train: classes * 35, validation: n, test: n },
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
    evaluations: [0, 0.5, 1, 1.5, 2].map((epoch) => {
      const accuracy = 0.95 - 0.1 * Math.exp(-2 * epoch);
      return {
        epoch,
        step: Math.round((epoch / 2) * steps),
        split: 'validation',
        loss: 0.18 + 0.35 * Math.exp(-2 * epoch),
        figures: { accuracy, macroF1: accuracy - 0.012, weightedF1: accuracy - 0.004 },
      };
    }),
    tasks: [task],
    timings: { read: 0.2, encoder: 0.6, tokenize: 0.4, embed: 4.8, head: 1.9, train: 21.3, evaluate: 1.2, save: 0.8 },
    peakMemoryBytes: 812 * 2 ** 20,
  };
};

const groupsOf = (labels: readonly string[]): LabelGroup[] =>
  topics
    .map((name) => ({ name, labels: labels.filter((label) => label.startsWith(name)) }))
    .filter((group) => group.labels.length > 0);

/** The same with everything that is optional: a hierarchy of two tasks, and all of the run's own sections. */
export const sampleHierarchy = (classes: number, textsAClass = 8): RunReport => {
  const labels = sampleLabels(classes);
  const groups = groupsOf(labels);
  const coarse = groups.map(({ name }) => name);
  const { task: fine, test: made } = fullTask('intent', labels, classes * textsAClass, 1);
  const { task: top } = fullTask('topic', coarse, classes * textsAClass, 2);
  const parents = labels.map((label) => coarse.findIndex((name) => label.startsWith(name)));
  const parentOf = (indices: Int32Array): Int32Array => indices.map((label) => parents[label]!);
  const metrics = hierarchicalMetrics([
    { name: 'topic', labels: coarse, expected: parentOf(made.expected), predicted: parentOf(made.predicted) },
    { name: 'intent', labels, expected: made.expected, predicted: made.predicted, parents },
  ]);
  const text = (part: string, line: number) => ({
    text: 'where is the parcel i ordered',
    part,
    line,
    labels: [labels[0]!],
  });
  return {
    ...sampleReport(classes, textsAClass),
    tasks: [top, fine],
    hierarchy: { decoding: 'by joint probability', final: { test: metrics } },
    labelGroups: groups,
    notices: [{ level: 'warning', message: 'The encoder was made for English; 4 % of the texts are not.' }],
    nearDuplicates: {
      threshold: 0.9,
      found: 2,
      pairs: [
        {
          similarity: 0.97,
          a: text('train', 4),
          b: { ...text('test', 90), text: 'where is the parcel that i ordered?' },
        },
        {
          similarity: 0.91,
          a: text('train', 8),
          b: { ...text('validation', 12), text: 'where is my parcel, i ordered it' },
        },
      ],
    },
    search: {
      figure: 'macroF1',
      trials: Array.from({ length: 12 }, (_, i) => ({
        number: i + 1,
        options: { 'optimizer.learningRate': 1e-5 * 1.6 ** i, 'optimizer.epochs': 1 + (i % 3) },
        state: i % 3 === 2 ? ('pruned' as const) : ('complete' as const),
        value: 0.9 - 0.004 * (i - 6) ** 2 * 0.3,
        seconds: 20 + i,
      })),
    },
    files: [{ path: 'epochs/validation-1.json', what: 'logits and labels of the first epoch' }],
  };
};
