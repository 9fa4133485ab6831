import { calibrate } from '../calibration/calibration.ts';
import { crossSourceRows, crossSourceTable } from '../cross-source.ts';
import { multiLabelMistakes } from '../error-analysis/mistake-rows.ts';
import { groupByLabelCount, groupByName } from '../groupings.ts';
import { applyThresholds, type MultiLabelAnswers } from '../multi-label-answers.ts';
import { multiLabelMetrics } from '../multi-label-metrics.ts';
import { rankingMetrics } from '../ranking-metrics.ts';
import { relaxedCriteria } from '../relaxed-criteria.ts';
import { multiLabelIntervals } from '../significance/intervals.ts';
import { multiLabelSlices } from '../slices.ts';
import { sweepThresholds } from '../thresholds/sweep-thresholds.ts';
import type { RunReport } from './run-report.ts';
import { partScores, sampleReport, shares } from './sample-report.ts';
import type { MultiLabelTaskReport } from './task-report.ts';

const moods = ['joy', 'anger', 'fear', 'love', 'pride', 'relief', 'grief', 'surprise', 'neutral', 'optimism'];

const make = (classes: number, texts: number, seed: number) => {
  const random = shares(seed);
  const expected = new Uint8Array(texts * classes);
  const logits = new Float32Array(texts * classes);
  for (let i = 0; i < texts; i++) {
    const main = Math.floor(classes * random() ** 2);
    expected[i * classes + main] = 1;
    if (random() < 0.3) expected[i * classes + ((main + 1 + Math.floor(3 * random())) % classes)] = 1;
    for (let c = 0; c < classes; c++) {
      const at = i * classes + c;
      const near = Math.min(Math.abs(c - main), 4);
      logits[at] = (expected[at] === 1 ? 0.9 : -4.4 + 2.8 / (1 + near)) + 2.6 * (random() + random() - 1);
    }
  }
  return { expected, logits };
};

/** Everything that the report can show of a multi-label task. */
export const sampleMultiLabelTask = (classes: number, texts: number): MultiLabelTaskReport => {
  const labels = Array.from({ length: classes }, (_, i) =>
    i < 10 ? moods[i]! : `${moods[i % 10]!} ${Math.floor(i / 10) + 1}`,
  );
  const [validation, test] = [make(classes, texts, 1), make(classes, texts, 2)];
  const thresholds = sweepThresholds(validation.logits, validation.expected, labels, { labelPoints: 40 });
  const answersAt = (logits: readonly number[]): MultiLabelAnswers => ({
    labels,
    expected: test.expected,
    predicted: applyThresholds(test.logits, classes, Float64Array.from(logits)),
  });
  const answers = answersAt(thresholds.perLabel.map(({ logit }) => logit));
  const rows = Array.from({ length: texts }, (_, i) => ({
    text: `the <i>feeling</i> of text ${i}, and "more" & more of it`,
    source: ['forum', 'news'][i % 2]!,
    line: i + 1,
  }));
  const bySource = multiLabelSlices(groupByName(rows.map(({ source }) => source)), answers);
  return {
    name: 'emotion',
    kind: 'multi-label',
    final: { test: partScores(multiLabelMetrics(answers), multiLabelIntervals(answers, { resamples: 100 })) },
    mistakes: multiLabelMistakes(rows, answers, test.logits),
    thresholds: { ...thresholds, split: 'validation' },
    atHalf: partScores(multiLabelMetrics(answersAt(labels.map(() => 0)))),
    relaxed: relaxedCriteria(answers),
    ranking: rankingMetrics(test.logits, test.expected, labels),
    calibration: calibrate('multi-label', classes, validation, test),
    slices: [multiLabelSlices(groupByLabelCount(test.expected, classes), answers), bySource],
    crossSource: crossSourceTable(['forum', 'news'].flatMap((source) => crossSourceRows(source, bySource))),
  };
};

const withTask = (run: RunReport, task: MultiLabelTaskReport): RunReport => ({
  ...run,
  title: 'emotions.jsonl',
  data: {
    ...run.data,
    classes: task.final.test!.perLabel.map(({ label, support }) => ({ label, count: 4 * support })),
  },
  tasks: [task],
});

/** A made-up run of one multi-label task, with everything that such a task can have. */
export const sampleMultiLabelReport = (classes: number, texts: number): RunReport =>
  withTask(sampleReport(2), sampleMultiLabelTask(classes, texts));
