import { createRandom } from '@taxon/data';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  createReference,
  embeddingOf,
  feedbackAccuracy,
  judge,
  openWindow,
  readReference,
  readWindowState,
  wilsonInterval,
  type LiveObservation,
} from './index.ts';

const answered = (label: string | undefined, at: number, more: Partial<LiveObservation> = {}): LiveObservation => ({
  answers: [{ task: 'label', labels: label === undefined ? [] : [label], probabilities: [0.5] }],
  at: new Date(at),
  ...more,
});

describe('window', () => {
  it('keeps the newest predictions, in whatever order they come', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(1000), { maxLength: 60 }), fc.integer({ min: 1, max: 20 }), (times, size) => {
        const window = openWindow({ size });
        for (const at of times) window.add(answered(`l${at}`, at));
        const kept = window.state().entries.map(({ at }) => at);
        expect(kept).toEqual([...times].sort((a, b) => b - a).slice(0, size));
      }),
    );
  });

  it('merged with others, in any order and grouping, it is what one would have been', () => {
    const times = fc.uniqueArray(fc.nat(1000), { maxLength: 40 });
    fc.assert(
      fc.property(times, fc.nat(2), (all, turn) => {
        const [one, two, three, whole] = [0, 1, 2, 3].map(() => openWindow({ size: 10 }));
        for (const at of all) {
          [one!, two!, three!][(at + turn) % 3]!.add(answered(`l${at}`, at));
          whole!.add(answered(`l${at}`, at));
        }
        two!.merge(readWindowState(JSON.parse(JSON.stringify(three!.state()))));
        one!.merge(two!.state());
        expect(one!.view()).toEqual(whole!.view());
      }),
    );
  });

  it('forgets what is too old, and counts by weight', () => {
    const window = openWindow({ hours: 1 });
    window.add(answered('old', 0));
    window.add(answered('new', 3_600_001, { samplingRate: 0.25 }));
    window.add(answered(undefined, 3_600_002, { samplingRate: 1 }));
    const { n, effectiveN, tasks } = window.view();
    expect(n).toBe(2);
    expect(effectiveN).toBeCloseTo(25 / 17, 12);
    expect(tasks['label']).toMatchObject({ n: 5, none: 1, labels: { new: 4 } });
    expect(window.view(new Date(9_000_000)).n).toBe(0);
    expect(() => window.add(answered('a', 1, { samplingRate: 0 }))).toThrow('sampling rate is 0');
  });

  it('keeps the newest embeddings alone', () => {
    const window = openWindow({ size: 50, embeddings: 5 });
    for (let at = 0; at < 200; at++) window.add(answered('a', at, { embedding: [at] }));
    expect(window.view().embeddings.map(({ row }) => row[0])).toEqual([199, 198, 197, 196, 195]);
    expect(window.state().entries.filter(({ embedding }) => embedding !== undefined)).toHaveLength(5);
  });
});

describe('reference', () => {
  it('counts answers and draws embeddings with the same chance', () => {
    const random = createRandom(3);
    const drawn = Array.from({ length: 200 }, (_, seed) =>
      createReference(
        Array.from({ length: 100 }, (__, i) => answered(random() < 0.5 ? 'a' : 'b', 0, { embedding: [i] })),
        { embeddings: 10, seed },
      ),
    );
    const early = drawn.flatMap(({ embeddings }) => embeddings).filter(([i]) => i! < 50).length;
    // 1,000 of 2,000; five standard deviations are 112.
    expect(Math.abs(early - 1000)).toBeLessThan(112);
    const { n, tasks } = drawn[0]!;
    expect(n).toBe(100);
    expect(tasks['label']!.labels['a']! + tasks['label']!.labels['b']!).toBe(100);
    expect(tasks['label']!.confidence[10]).toBe(100);
  });

  it('survives being written, and is not believed where it is wrong', () => {
    const reference = createReference([answered('toString', 0), answered('constructor', 0, { embedding: [1, 2] })]);
    expect(JSON.stringify(readReference(JSON.parse(JSON.stringify(reference))))).toBe(JSON.stringify(reference));
    expect(() => readReference({ ...reference, n: -1 }, 'v3/reference.json')).toThrow('v3/reference.json: n: ');
    expect(() => readReference({ ...reference, embeddings: [[1], [1, 2]] })).toThrow('its rows differ in width');
  });

  it('tells a text by the probabilities of all labels', () => {
    expect(embeddingOf([[1, 0], new Float32Array([0.5])])).toEqual([0, -9.2103, -0.6931]);
  });
});

describe('feedback', () => {
  const answers = [
    { task: 'coarse', labels: ['a'], probabilities: [0.9] },
    { task: 'fine', labels: ['a1', 'a2'], probabilities: [0.9, 0.8] },
  ];

  it('is right where every task that is told is exactly right', () => {
    const right = (...tasks: [string, string[]][]) =>
      judge(answers, { right: tasks.map(([task, labels]) => ({ task, labels })) });
    expect(right(['coarse', ['a']])).toBe(true);
    expect(right(['fine', ['a2', 'a1']], ['coarse', ['a']])).toBe(true);
    expect(right(['fine', ['a1']])).toBe(false);
    expect(right(['fine', ['a1', 'a2', 'a3']])).toBe(false);
    expect(right(['mood', ['good']])).toBeUndefined();
    expect(judge(answers, { wrong: true })).toBe(false);
    expect(
      judge([{ task: 'coarse', labels: [], probabilities: [0.9] }], { right: [{ task: 'coarse', labels: ['a'] }] }),
    ).toBe(false);
  });

  it('has an interval that covers what is true, and speaks once there is enough', () => {
    // Newcombe 1998, table I: 81 of 263, 15 of 148, 0 of 20, 1 of 29.
    for (const [right, n, lower, upper] of [
      [81, 263, 0.2553, 0.3662],
      [15, 148, 0.0624, 0.1605],
      [0, 20, 0, 0.1611],
      [1, 29, 0.0061, 0.1718],
    ] as const) {
      const found = wilsonInterval(right, n);
      expect(found.lower).toBeCloseTo(lower, 4);
      expect(found.upper).toBeCloseTo(upper, 4);
    }
    expect(feedbackAccuracy({ right: 30, n: 40 })).toMatchObject({ accuracy: 0.75, enough: false });
    expect(feedbackAccuracy({ right: 30, n: 60 })).toMatchObject({ accuracy: 0.5, enough: true });
    expect(() => feedbackAccuracy({ right: 3, n: 2 })).toThrow('3 right of 2');
  });
});
