import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  classificationMetrics,
  collectAnswers,
  compareAnswers,
  flipsCsv,
  multiLabelIntervals,
  multiLabelMetrics,
  singleLabelIntervals,
  type Answers,
  type AnsweredTask,
  type AnswersTask,
} from '../index.ts';
import { labelNames, multiLabelDraws, singleLabelDraws } from '../testing.ts';
import { createRandom } from '../random.ts';

const few = { resamples: 40 };

const task = (labels: readonly string[], kind: AnswersTask['kind'] = 'single-label', name = 'label'): AnswersTask => ({
  name,
  kind,
  labels,
});

const answersOf = (tasks: readonly AnswersTask[], texts: Record<string, readonly AnsweredTask[]>): Answers =>
  collectAnswers(
    { tasks },
    Object.entries(texts).map(([text, own]) => ({ text, tasks: own })),
  );

/** One task; by text: the right label and the given one. */
const single = (labels: readonly string[], texts: Record<string, readonly [string | undefined, string]>): Answers =>
  answersOf(
    [task(labels)],
    Object.fromEntries(
      Object.entries(texts).map(([text, [right, given]]) => [
        text,
        [{ ...(right !== undefined && { labels: [right] }), answer: [given] }],
      ]),
    ),
  );

/** Both runs of a draw: its predictions, and those of another one. */
const runs = fc
  .record({ draw: singleLabelDraws({ maxTexts: 40 }), seed: fc.nat() })
  .filter(({ draw }) => draw.n > 0)
  .map(({ draw, seed }) => {
    const random = createRandom(seed);
    const other = draw.predicted.map((label) => (random() % 3 === 0 ? random() % draw.classes : label));
    const answers = (predicted: Int32Array): Answers =>
      single(
        draw.labels,
        Object.fromEntries(
          Array.from(predicted, (label, i) => [`text ${i}`, [draw.labels[draw.expected[i]!]!, draw.labels[label]!]]),
        ),
      );
    return { ...draw, other, a: answers(draw.predicted), b: answers(other) };
  });

const multiRuns = multiLabelDraws({ minTexts: 1, maxTexts: 30 }).map((draw) => {
  const { n, classes, labels, expected, predicted } = draw;
  const random = createRandom(n + classes);
  const other = predicted.map((given) => (random() % 3 === 0 ? 1 - given : given));
  const names = (values: Uint8Array, text: number): string[] =>
    labels.filter((_, label) => values[text * classes + label] === 1);
  const answers = (given: Uint8Array): Answers =>
    answersOf(
      [task(labels, 'multi-label')],
      Object.fromEntries(
        Array.from({ length: n }, (_, i) => [`text ${i}`, [{ labels: names(expected, i), answer: names(given, i) }]]),
      ),
    );
  return { ...draw, other, a: answers(predicted), b: answers(other) };
});

describe('two runs', () => {
  it('that are one and the same differ in nothing', () => {
    fc.assert(
      fc.property(fc.oneof(runs, multiRuns), ({ a }) => {
        const { tasks, notes } = compareAnswers(a, a, few);
        const { comparison, flips, labels } = tasks[0]!;
        for (const { difference, lower, upper, p } of Object.values(comparison.figures))
          expect([difference, lower, upper, p]).toEqual([0, 0, 0, 1]);
        expect([flips, labels, notes, comparison.onlyA, comparison.onlyB]).toEqual([[], [], [], 0, 0]);
      }),
      { numRuns: 60 },
    );
  });

  it('mirror each other when they change sides', () => {
    fc.assert(
      fc.property(fc.oneof(runs, multiRuns), ({ a, b }) => {
        const [there] = compareAnswers(a, b, few).tasks;
        const [back] = compareAnswers(b, a, few).tasks;
        for (const [name, one] of Object.entries(there!.comparison.figures)) {
          const other = back!.comparison.figures[name]!;
          expect(other.difference).toBeCloseTo(-one.difference, 12);
          expect(other.lower).toBeCloseTo(-one.upper, 9);
          expect(other.upper).toBeCloseTo(-one.lower, 9);
          expect(other.p).toBe(one.p);
          expect([other.rangeA, other.rangeB]).toEqual([one.rangeB, one.rangeA]);
        }
        const turned = { gained: 'lost', lost: 'gained' } as const;
        const texts = (flips: NonNullable<typeof there>['flips']) => flips.map(({ text }) => text).sort();
        for (const kind of ['gained', 'lost'] as const)
          expect(texts(there!.flips.filter(({ change }) => change === kind))).toEqual(
            texts(back!.flips.filter(({ change }) => change === turned[kind])),
          );
        const moved = new Map(back!.labels.map((one) => [one.label, one]));
        for (const { label, f1A, f1B, gained, lost } of there!.labels)
          expect(moved.get(label)).toMatchObject({ f1A: f1B, f1B: f1A, gained: lost, lost: gained });
      }),
      { numRuns: 60 },
    );
  });

  it('have the figures and the intervals that each has alone', () => {
    fc.assert(
      fc.property(runs, ({ expected, predicted, other, labels, a, b }) => {
        const { comparison, labels: changed, both, neither } = compareAnswers(a, b, few).tasks[0]!;
        const { figures, onlyA, onlyB, n } = comparison;
        const [ofA, ofB] = [predicted, other].map((given) => classificationMetrics(expected, given, labels));
        for (const name of ['accuracy', 'macroF1', 'weightedF1', 'mcc'] as const) {
          expect(figures[name]!.a).toBeCloseTo(ofA![name], 12);
          expect(figures[name]!.b).toBeCloseTo(ofB![name], 12);
        }
        const { accuracy } = singleLabelIntervals(expected, predicted, labels, few).figures;
        expect(figures['accuracy']!.rangeA).toEqual({ lower: accuracy.lower, upper: accuracy.upper });
        expect(both + onlyA + onlyB + neither).toBe(n);
        for (const { label, f1A, f1B, support } of changed) {
          const own = (metrics: typeof ofA) => metrics!.perClass.find((one) => one.label === label);
          expect([own(ofA)?.f1 ?? 0, own(ofB)?.f1 ?? 0]).toEqual([expect.closeTo(f1A, 12), expect.closeTo(f1B, 12)]);
          expect(own(ofA)?.support ?? 0).toBe(support);
        }
      }),
      { numRuns: 40 },
    );
    fc.assert(
      fc.property(multiRuns, ({ labels, expected, predicted, other, a, b }) => {
        const { comparison } = compareAnswers(a, b, few).tasks[0]!;
        const [ofA, ofB] = [predicted, other].map((given) => multiLabelMetrics({ labels, expected, predicted: given }));
        for (const name of ['exactMatch', 'macroF1', 'microF1', 'hammingLoss'] as const) {
          expect(comparison.figures[name]!.a).toBeCloseTo(ofA![name], 12);
          expect(comparison.figures[name]!.b).toBeCloseTo(ofB![name], 12);
        }
        const { lower, upper } = multiLabelIntervals({ labels, expected, predicted }, few).figures.macroF1;
        expect(comparison.figures['macroF1']!.rangeA).toEqual({ lower, upper });
      }),
      { numRuns: 40 },
    );
  });
});

describe('what only one run has', () => {
  it('texts are left out, and it is said; of a text that occurs twice the first belongs to the first', () => {
    const rows = (answers: readonly [string, string][]): Answers =>
      collectAnswers(
        { tasks: [task(['x', 'y'])] },
        answers.map(([text, given]) => ({ text, tasks: [{ labels: ['x'], answer: [given] }] })),
      );
    const a = rows([['one', 'x'], ['twice', 'x'], ['twice', 'y'], ['a alone', 'x']]); // prettier-ignore
    const b = rows([['twice', 'x'], ['b alone', 'x'], ['twice', 'y'], ['one', 'y']]); // prettier-ignore
    const { n, notes, tasks } = compareAnswers(a, b, few);
    expect(n).toBe(3);
    expect(notes).toEqual([
      { level: 'warning', message: expect.stringContaining('only the 3 texts that both answer') },
    ]);
    expect(tasks[0]!.flips).toMatchObject([{ text: 'one', change: 'lost', a: { given: ['x'] }, b: { given: ['y'] } }]);
    expect(() => compareAnswers(rows([['one', 'x']]), rows([['other', 'x']]))).toThrow(/no text in common.*1 text/);
  });

  it('pairs of texts are told apart by their second text', () => {
    const pairs = (given: string): Answers =>
      collectAnswers(
        { tasks: [task(['x', 'y'])] },
        [given, 'z'].map((pair) => ({ text: 'same', pair, tasks: [{ labels: ['x'], answer: ['x'] }] })),
      );
    expect(compareAnswers(pairs('p'), pairs('q'), few).n).toBe(1);
  });

  it('labels count as errors of the run that cannot give them', () => {
    const texts = { one: ['new', 'old'], two: ['old', 'old'], three: ['neither knows', 'old'] } as const;
    const a = single(['old'], texts);
    const b = single(['new', 'old'], { ...texts, one: ['new', 'new'] });
    const { tasks, notes } = compareAnswers(a, b, few);
    expect(tasks[0]!.comparison.figures['accuracy']).toMatchObject({ a: 1 / 3, b: 2 / 3 });
    expect(tasks[0]!.labels[0]).toMatchObject({ label: 'new', f1A: 0, f1B: 1, gained: 1, lost: 0 });
    expect(notes).toEqual([]);
  });

  it('a right label is taken from the run that knows it; where they disagree the text is left out', () => {
    const a = single(['x', 'y'], { one: [undefined, 'x'], two: ['x', 'x'], three: ['x', 'x'], four: [undefined, 'x'] });
    const b = single(['x', 'y'], { one: ['y', 'y'], two: ['y', 'y'], three: ['x', 'y'], four: [undefined, 'x'] });
    const { tasks, notes } = compareAnswers(a, b, few);
    expect(tasks[0]!.comparison.n).toBe(2);
    expect(tasks[0]!.flips).toMatchObject([
      { text: 'three', change: 'lost' },
      { text: 'one', change: 'gained', expected: ['y'] },
    ]);
    expect(notes).toEqual([{ level: 'warning', message: "1 text is left out of 'label': their right labels differ between A and B" }]); // prettier-ignore
    const unknown = single(['x'], { one: [undefined, 'x'] });
    expect(() => compareAnswers(unknown, unknown)).toThrow(
      /nothing is left to compare: .*of no shared text is a right label known/,
    );
  });

  it('tasks are left out, unless either run has one alone', () => {
    const answer = { labels: ['x'], answer: ['x'] };
    const [topic, mood, tags] = [task(['x'], 'single-label', 'topic'), task(['x'], 'single-label', 'mood'), task(['x'], 'multi-label', 'topic')]; // prettier-ignore
    const both = answersOf([topic, mood], { one: [answer, { ...answer, answer: ['x'] }] });
    const { tasks, notes } = compareAnswers(both, answersOf([mood], { one: [answer] }), few);
    expect(tasks.map(({ name }) => name)).toEqual(['mood']);
    expect(notes[0]!.message).toBe("only 'mood' can be compared: A has 'topic', 'mood', B has 'mood'");
    const renamed = compareAnswers(answersOf([topic], { one: [answer] }), answersOf([mood], { one: [answer] }), few);
    expect(renamed.notes).toEqual([{ level: 'info', message: "the task is called 'topic' in A and 'mood' in B" }]);
    expect(() => compareAnswers(answersOf([topic], { one: [answer] }), answersOf([tags], { one: [answer] }))).toThrow(
      'no task is of the same kind',
    );
    const others = answersOf([task(['x'], 'single-label', 'p'), task(['x'], 'single-label', 'q')], { one: [answer, answer] }); // prettier-ignore
    expect(() => compareAnswers(both, others)).toThrow(
      /no task that both answer: A has 'topic', 'mood', B has 'p', 'q'/,
    );
  });
});

describe('several tasks together', () => {
  it('are right where every answer is, on the texts of which all labels are known', () => {
    const tasks = [task(['x', 'y'], 'single-label', 'topic'), task(['calm', 'loud'], 'multi-label', 'moods')];
    const right = { labels: ['x'], answer: ['x'] };
    const wrong = { labels: ['x'], answer: ['y'] };
    const calm = { labels: ['calm'], answer: ['calm'] };
    const a = answersOf(tasks, { one: [right, calm], two: [wrong, calm], three: [right, { answer: [] }] });
    const b = answersOf(tasks, { one: [right, { ...calm, answer: [] }], two: [right, calm], three: [right, { answer: [] }] }); // prettier-ignore
    const { all } = compareAnswers(a, b, few);
    expect(all).toMatchObject({ n: 2, onlyA: 1, onlyB: 1, figures: { allTasksRight: { a: 0.5, b: 0.5, p: 1 } } });
  });
});

it('the table of texts is safe to open in a spreadsheet', () => {
  const a = single(['x', 'y'], { '=1+1': ['x', 'x'], 'a, "b"': ['x', 'y'] });
  const b = single(['x', 'y'], { '=1+1': ['x', 'y'], 'a, "b"': ['x', 'x'] });
  expect(flipsCsv(compareAnswers(a, b, few)).split('\n')).toEqual([
    '\uFEFFtask,change,line,source,expected,a,a_probability,b,b_probability,text,pair',
    "label,lost,,,x,x,,y,,'=1+1,",
    'label,gained,,,x,y,,x,,"a, ""b""",',
    '',
  ]);
});

it('a run that is wrong more often is worse, and one that is as good is not', () => {
  const random = createRandom(5);
  const labels = labelNames(6);
  const chance = (share: number): boolean => random() / 2 ** 32 < share;
  const right = Array.from({ length: 600 }, () => labels[random() % 6]!);
  const run = (share: number): Answers =>
    single(
      labels,
      Object.fromEntries(
        right.map((label, i) => [`text ${i}`, [label, chance(share) ? label : labels[random() % 6]!]]),
      ),
    );
  const [good, damaged, asGood] = [run(0.9), run(0.75), run(0.9)];
  const worse = compareAnswers(good, damaged, { resamples: 300 }).tasks[0]!.comparison.figures;
  for (const { p, upper } of Object.values(worse)) expect([p < 0.01, upper < 0]).toEqual([true, true]);
  const equal = compareAnswers(good, asGood, { resamples: 300 }).tasks[0]!.comparison.figures;
  for (const { p } of Object.values(equal)) expect(p).toBeGreaterThan(0.05);
});
