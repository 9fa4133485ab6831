import { PassThrough } from 'node:stream';
import { stripVTControlCharacters } from 'node:util';
import type { TrainingEvent } from '@taxon/training';
import fc from 'fast-check';
import pc from 'picocolors';
import { describe, expect, it } from 'vitest';
import { formatLiveLine, liveView } from './live-view.ts';
import { plainView } from './plain-view.ts';
import { showTrainingEvent } from './training-view.ts';

const plain = pc.createColors(false);
const step = {
  done: 312,
  total: 690,
  unit: 'steps' as const,
  loss: 0.2131,
  learningRate: 8.1e-5,
  tokensPerSecond: 1890.4,
  secondsLeft: 32,
  epoch: 0.9,
};

describe('live line', () => {
  it('shows the bar and what is known of the work', () => {
    expect(formatLiveLine('train', step, plain, 140)).toBe(
      'train    ██████████▊░░░░░░░░░░░░░  45 %  312/690 steps · 32 s left · loss 0.213 · 1,890 tok/s · lr 8.1e-5 · epoch 0.9',
    );
  });

  it('leaves out the least wanted details on a narrow terminal', () => {
    const line = formatLiveLine('train', step, plain, 80);
    expect(line).toMatch(/312\/690 steps · 32 s left · loss 0\.213 · 1,890 tok\/s$/u);
  });

  it('never wraps on terminals of 45 columns and more', () => {
    const counts = fc.nat({ max: 1e9 });
    fc.assert(
      fc.property(fc.integer({ min: 45, max: 300 }), counts, counts, counts, (columns, done, total, rate) => {
        const progress = { ...step, done, total, tokensPerSecond: rate };
        expect(formatLiveLine('tokenize', progress, plain, columns).length).toBeLessThanOrEqual(columns);
      }),
    );
  });

  it('counts bytes as bytes, and does without a total', () => {
    expect(formatLiveLine('encoder', { done: 34.1e6, total: 90.9e6, unit: 'bytes' }, plain, 90)).toContain(
      '34.1 MB/90.9 MB',
    );
    expect(formatLiveLine('predict', { done: 1, total: 0, unit: 'texts' }, plain, 90)).toMatch(/1 text$/u);
  });
});

describe('live view', () => {
  /** A terminal that remembers everything written to it. */
  const terminal = () => {
    const stream = new PassThrough();
    let written = '';
    stream.on('data', (chunk: Buffer) => (written += chunk.toString()));
    Object.assign(stream, { columns: 100, rows: 40, isTTY: true });
    return { stream: stream as unknown as NodeJS.WriteStream, text: () => stripVTControlCharacters(written) };
  };

  it('leaves a line for each finished stage, and notes as they come', async () => {
    let time = 0;
    const { stream, text } = terminal();
    const view = liveView(stream, plain, () => time);
    view.begin('embed');
    view.update({ done: 120, total: 120, unit: 'texts' });
    time = 1200;
    view.note('2 texts are there twice', 'warning');
    view.begin('train');
    time = 2200;
    view.end();
    await new Promise(setImmediate);
    expect(text()).toContain('warning 2 texts are there twice\n');
    expect(text()).toContain('embed    120 texts in 1.2 s\n');
    expect(text()).toMatch(/train {4}1\.0 s\n$/u);
  });

  it('does not redraw more often than an eye can see', async () => {
    let time = 0;
    const { stream, text } = terminal();
    const view = liveView(stream, plain, () => time);
    view.begin('train');
    for (let done = 1; done <= 1000; done++) {
      time += 1;
      view.update({ done, total: 1000, unit: 'steps' });
    }
    await new Promise(setImmediate);
    expect(text().match(/\/1,000 steps/gu)!.length).toBeLessThanOrEqual(13);
    view.end();
  });
});

describe('plain view', () => {
  const run = (events: readonly (TrainingEvent | number)[]): string[] => {
    const lines: string[] = [];
    let time = 0;
    const view = plainView(
      (line) => lines.push(line),
      () => time,
    );
    for (const event of events)
      if (typeof event === 'number') time += event;
      else showTrainingEvent(view, event);
    view.end();
    return lines;
  };
  const scores = {
    n: 10,
    figures: { accuracy: 0.9, macroF1: 0.85 },
    tasks: [{ task: 'label', kind: 'single-label' as const, n: 10, figures: {}, perLabel: [] }],
  };

  it('tells a training run in a few lines', () => {
    const lines = run([
      { kind: 'stage', stage: 'tokenize' },
      { kind: 'progress', stage: 'tokenize', done: 50, total: 120, unit: 'texts' },
      0.5,
      { kind: 'progress', stage: 'tokenize', done: 120, total: 120, unit: 'texts' },
      { kind: 'stage', stage: 'train' },
      5,
      { kind: 'progress', stage: 'train', ...step, done: 300 },
      6,
      { kind: 'progress', stage: 'train', ...step },
      { kind: 'evaluation', split: 'validation', epoch: 1, step: 690, loss: 0.171, scores },
      { kind: 'notice', level: 'warning', message: "class 'x' has 1 text" },
      { kind: 'checkpoint', folder: 'model.checkpoint', step: 312, digest: 'd' },
    ]);
    expect(lines).toEqual([
      'tokenize: 120 texts in 0.5 s',
      'train: 45 %, 312/690 steps, 32 s left, loss 0.213, 1,890 tok/s, lr 8.1e-5, epoch 0.9',
      'validation, epoch 1.0: accuracy 90.0 %, macro F1 85.0 %, loss 0.171',
      "warning: class 'x' has 1 text",
      'train: 312/690 steps in 11 s, loss 0.213',
    ]);
  });
});
