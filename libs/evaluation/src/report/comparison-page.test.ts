import { describe, expect, it } from 'vitest';
import { collectAnswers, compareAnswers, comparisonPage, verdictOf, type Answers, type AnswersTask } from '../index.ts';
import { mostFlips } from './sections/changes.ts';

const hostile = `<script>alert("1")</script> </style> & 'x' {{y}}`;
const createdAt = '2026-11-25T08:00:00.000Z';

const run = (tasks: readonly AnswersTask[], texts: number, given: (text: number) => string): Answers =>
  collectAnswers(
    { tasks },
    Array.from({ length: texts }, (_, i) => ({
      text: `${hostile} ${i}`,
      line: i + 1,
      tasks: tasks.map(({ labels }) => ({
        labels: [labels[0]!],
        answer: [given(i)],
        probabilities: labels.map(() => 1 / labels.length),
      })),
    })),
  );
const task = (name: string): AnswersTask => ({ name, kind: 'single-label', labels: [hostile, 'other'] });
const pageOf = (a: Answers, b: Answers): string =>
  comparisonPage({ a: 'before/', b: hostile, createdAt, comparison: compareAnswers(a, b, { resamples: 20 }) });

describe('the page of two runs', () => {
  const other = run([task('label')], 30, (i) => (i % 3 === 0 ? hostile : 'other'));
  const better = run([task('label')], 30, (i) => (i % 10 === 0 ? 'other' : hostile));

  it('shows figures, labels and texts, and nothing in them becomes markup', () => {
    const page = pageOf(other, better);
    expect(page).toMatch(/^<!doctype html>.*<\/html>\s*$/s);
    expect(page.match(/<script>/g)).toHaveLength(1);
    expect(page).not.toContain('<script>alert');
    expect(page).not.toMatch(/https?:|<link|<iframe|<img|src=|@import|url\((?!#)/i);
    for (const id of ['comparison', 'labels', 'flips']) {
      expect(page).toContain(`<section id="${id}">`);
      expect(page).toContain(`href="#${id}"`);
    }
    expect(page).toContain('better');
    expect(page).toContain('mended');
    expect(page).toContain('spoiled');
  });

  it('has a chapter for each task and one for all together, and leaves out what there is not', () => {
    const two = [task('topic'), task('mood')];
    const page = pageOf(run(two, 8, () => 'other'), run(two, 8, () => hostile)); // prettier-ignore
    for (const id of ['task-1', 'task-2', 't1-comparison', 't2-flips', 'all-comparison'])
      expect(page).toContain(`id="${id}"`);
    const same = pageOf(better, better);
    expect(same).toContain('may be chance');
    expect(same).not.toContain('id="flips"');
    expect(same).not.toContain('id="labels"');
  });

  it('shows texts of both kinds where there are too many', () => {
    const many = (from: number): Answers => run([task('label')], 1000, (i) => (i < from ? hostile : 'other'));
    const rows = (page: string, kind: string): number => page.split(`>${kind}</td>`).length - 1;
    const page = pageOf(many(10), many(1000));
    expect([rows(page, 'spoiled'), rows(page, 'mended')]).toEqual([0, mostFlips]);
    const crossed = run([task('label')], 1000, (i) => (i < 500 ? 'other' : hostile));
    const both = pageOf(many(500), crossed);
    expect([rows(both, 'spoiled'), rows(both, 'mended')]).toEqual([mostFlips / 2, mostFlips / 2]);
  });
});

describe('a verdict', () => {
  const found = { difference: 0.1, lower: 0.05, upper: 0.15, p: 0.01 };
  it.each([
    ['accuracy', found, 'better'],
    ['hammingLoss', found, 'worse'],
    ['accuracy', { ...found, p: 0.2 }, 'may be chance'],
    ['accuracy', { ...found, lower: -0.01 }, 'may be chance'],
    ['accuracy', { difference: -0.1, lower: -0.15, upper: -0.05, p: 0.01 }, 'worse'],
    ['hammingLoss', { difference: -0.1, lower: -0.15, upper: -0.05, p: 0.01 }, 'better'],
  ])('of %s %o is %s', (name, figure, verdict) => expect(verdictOf(name, figure, 0.95)).toBe(verdict));
});
