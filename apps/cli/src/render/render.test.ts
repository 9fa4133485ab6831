import fc from 'fast-check';
import pc from 'picocolors';
import type { Prediction, TaskPrediction } from '@taxon/models';
import type { Scores } from '@taxon/training';
import { describe, expect, it } from 'vitest';
import { formatBar } from './bar.ts';
import { formatBytes, formatCount, formatDuration, formatLearningRate, formatPercent } from './format.ts';
import { formatPrediction, oneLine } from './predictions.ts';
import { formatTable } from './table.ts';
import { formatTrainingResult } from './training-result.ts';

const plain = pc.createColors(false);

describe('numbers', () => {
  it.each([
    [formatPercent(0.9654), '96.5 %'],
    [formatPercent(1, 0), '100 %'],
    [formatCount(10_500), '10,500'],
    [formatBytes(90_868_376), '90.9 MB'],
    [formatBytes(999), '999 B'],
    [formatDuration(0.42), '0.4 s'],
    [formatDuration(9.97), '10 s'],
    [formatDuration(83), '1 min 23 s'],
    [formatDuration(59.6), '1 min 0 s'],
    [formatDuration(4000), '1 h 6 min'],
    [formatLearningRate(0.00008), '8.0e-5'],
  ])('%s', (shown, expected) => expect(shown).toBe(expected));
});

describe('formatBar', () => {
  it('is as wide as asked, whatever the share', () => {
    fc.assert(
      fc.property(fc.double(), fc.integer({ min: 0, max: 200 }), (share, width) => {
        expect(formatBar(share, width)).toHaveLength(width);
      }),
    );
  });

  it('fills in eighths', () => {
    expect(formatBar(0, 4)).toBe('░░░░');
    expect(formatBar(0.5, 4)).toBe('██░░');
    expect(formatBar(0.5625, 4)).toBe('██▎░');
    expect(formatBar(1, 4)).toBe('████');
  });
});

it('formatTable pads each column to its widest cell', () => {
  const lines = formatTable(
    [{ title: 'label' }, { title: 'n', align: 'right' }],
    [
      ['refund', '1,000'],
      ['a', '2'],
    ],
  );
  expect(lines).toEqual(['label       n', 'refund  1,000', 'a           2']);
});

const prediction = (answer: Omit<TaskPrediction, 'task'>, ...others: TaskPrediction[]): Prediction => ({
  ...answer,
  tasks: [{ task: 'label', ...answer }, ...others],
  tokens: 7,
  truncated: false,
});

describe('predictions', () => {
  it('shows every task, and says where the model does not answer', () => {
    const labels = [{ label: '退款', probability: 0.5 }];
    const shown = formatPrediction(
      '?',
      prediction({ labels, answer: ['退款'] }, { task: 'mood', labels, answer: [] }),
      plain,
      80,
    );
    expect(shown.split('\n')).toEqual([
      '?',
      '  label',
      '  退款  ████████████               50.0 %',
      '  mood',
      '  退款  ████████████               50.0 %',
      '  no answer: the model is not sure enough',
    ]);
  });

  it('ranks labels as bars', () => {
    const labels = [
      { label: 'delivery_delay', probability: 0.75 },
      { label: 'refund', probability: 0.25 },
    ];
    const shown = formatPrediction(
      'where is\nmy parcel?',
      prediction({ labels, answer: ['delivery_delay'] }),
      plain,
      80,
    );
    expect(shown.split('\n')).toEqual([
      'where is my parcel?',
      '  delivery_delay  ██████████████████         75.0 %',
      '  refund          ██████                     25.0 %',
    ]);
  });

  it('says when a text was cut', () => {
    const shown = formatPrediction('long', { ...prediction({ labels: [], answer: [] }), truncated: true }, plain, 80);
    expect(shown).toContain('only the first 7 tokens were read');
  });

  it('shows any text on one line within the width', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom('a', ' ', '\n', '\u001b', '\0', '文', '👍', '\ud83d', '\u0301') }),
        fc.integer({ min: 1, max: 80 }),
        (text, width) => {
          const line = oneLine(text, width);
          expect(Array.from(line).length).toBeLessThanOrEqual(width);
          expect(line).not.toMatch(/\p{Cc}/u);
        },
      ),
    );
  });
});

describe('formatTrainingResult', () => {
  const scores = (accuracy: number): Scores => {
    const figures = { accuracy, macroF1: accuracy, microF1: accuracy, weightedF1: accuracy };
    const perLabel = [
      { label: 'refund', precision: 1, recall: 1, f1: 1, support: 60 },
      { label: 'delay', precision: 0.8, recall: 0.8, f1: 0.8, support: 60 },
      { label: 'never seen', precision: 0, recall: 0, f1: 0, support: 0 },
    ];
    return { n: 120, figures, tasks: [{ task: 'label', kind: 'single-label', n: 120, figures, perLabel }] };
  };
  const result = {
    modelFolder: `${process.cwd()}/some model`,
    runFolder: `${process.cwd()}/some model/run`,
    space: { tasks: [{ name: 'label', kind: 'single-label' as const, labels: ['refund', 'delay'] }] },
    validation: scores(0.95),
    test: scores(0.9),
    seconds: 83,
    peakMemoryBytes: 1.2e9,
  };

  it('shows figures, weak classes, paths and a next command that can be pasted', () => {
    const shown = formatTrainingResult(result, plain);
    expect(shown).toContain('validation    120    95.0 %');
    expect(shown).toContain('test          120    90.0 %');
    expect(shown).toContain('weakest  delay (F1 80 %)\n');
    expect(shown).toContain('report   some model/run/report.html');
    expect(shown).toContain("taxon predict 'some model' 'a text of yours'");
    expect(shown).toContain('1 min 23 s, at most 1.2 GB of memory');
  });

  it('does without held-out parts', () => {
    const shown = formatTrainingResult({ ...result, validation: undefined, test: undefined }, plain);
    expect(shown).not.toContain('accuracy');
    expect(shown).toContain('model');
  });
});
