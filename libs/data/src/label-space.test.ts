import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  createLabelSpace,
  encodeLabels,
  labelIndex,
  requireClasses,
  type Example,
  type LabelSpace,
  type TaskDefinition,
} from './index.ts';

const labelled = (...labels: string[]) => labels.map((label, i) => ({ labels: [[label]], line: i + 2 }));

const tasks: TaskDefinition[] = [{ name: 'label', kind: 'single-label' }];
const labelsOf = (space: LabelSpace): string[] => space.tasks[0]!.labels;

describe('label space', () => {
  it('sorts by code point, so that ｚ (U+FF5A) comes before 🎉 (U+1F389)', () => {
    expect(createLabelSpace(labelled('🎉', 'b', 'ｚ', 'a', 'B', 'b', 'ab'), tasks).tasks[0]?.labels).toEqual([
      'B',
      'a',
      'ab',
      'b',
      'ｚ',
      '🎉',
    ]);
  });

  it('orders as code points do, and does not depend on the order of the examples', () => {
    const codePoints = (s: string) => Array.from(s, (c) => c.codePointAt(0)!);
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'binary' })), (labels) => {
        const space = createLabelSpace(labelled(...labels), tasks);
        expect(createLabelSpace(labelled(...labels.toReversed()), tasks)).toEqual(space);
        expect(new Set(labelsOf(space))).toEqual(new Set(labels));
        for (let i = 1; i < labelsOf(space).length; i++) {
          const [a, b] = [codePoints(labelsOf(space)[i - 1]!), codePoints(labelsOf(space)[i]!)];
          const at = a.findIndex((point, k) => point !== b[k]);
          expect(at === -1 || (b[at] !== undefined && a[at]! < b[at])).toBe(true);
        }
      }),
    );
  });

  it('leaves labels outside out', () => {
    const space = createLabelSpace(labelled('x', 'y'), tasks);
    expect(labelIndex(space.tasks[0]!, 'y')).toBe(1);
    expect(labelIndex(space.tasks[0]!, 'toString')).toBe(-1);
    expect(encodeLabels(space, labelled('y', 'z', 'x'))).toEqual([
      [Int32Array.of(1)],
      [Int32Array.of()],
      [Int32Array.of(0)],
    ]);
  });

  it('requires two classes', () => {
    const example = (label: string, line: number) => ({ text: 't', labels: [[label]], line });
    expect(() => requireClasses([example('a', 2), example('b', 3)], 'f.csv', tasks)).not.toThrow();
    expect(() => requireClasses([example('a', 2), example('a', 3)], 'f.csv', tasks)).toThrow(
      'f.csv holds one class only: "a" (2 examples, the first on line 2)',
    );
    expect(() => requireClasses([], 'f.csv', tasks)).toThrow('no examples');
  });

  it('requires classes of every task, and says which task lacks them', () => {
    const two: TaskDefinition[] = [...tasks, { name: 'tags', kind: 'multi-label' }];
    const rows = (...labels: Example['labels'][]) => labels.map((l, i) => ({ labels: l, line: i + 2 }));
    expect(() => requireClasses(rows([['a'], ['t']], [['b'], undefined]), 'f.csv', two)).not.toThrow();
    expect(() => requireClasses(rows([['a'], ['t']], [undefined, []]), 'f.csv', two)).toThrow(
      'f.csv holds one class only of the task "label": "a" (1 example, the first on line 2)',
    );
    expect(() => requireClasses(rows([['a'], []], [['b'], undefined]), 'f.csv', two)).toThrow(
      'f.csv holds no label of the task "tags"',
    );
  });

  it('encodes several tasks, what is not known staying so', () => {
    const two: TaskDefinition[] = [...tasks, { name: 'tags', kind: 'multi-label' }];
    const examples = [
      { labels: [['b'], ['t', 's']], line: 2 },
      { labels: [undefined, []], line: 3 },
      { labels: [['a'], undefined], line: 4 },
    ];
    const space = createLabelSpace(examples, two);
    expect(space.tasks.map(({ labels }) => labels)).toEqual([
      ['a', 'b'],
      ['s', 't'],
    ]);
    expect(encodeLabels(space, [...examples, { labels: [['z'], ['s', 'z']] }])).toEqual([
      [Int32Array.of(1), Int32Array.of(1, 0)],
      [undefined, Int32Array.of()],
      [Int32Array.of(0), undefined],
      [Int32Array.of(), Int32Array.of(0)],
    ]);
  });
});

describe('a hierarchy of labels', () => {
  const levels: TaskDefinition[] = [
    { name: 'domain', kind: 'single-label' },
    { name: 'intent', kind: 'single-label' },
  ];
  const rows = (...paths: [string | undefined, string | undefined][]) =>
    paths.map((path, i) => ({ labels: path.map((label) => (label === undefined ? undefined : [label])), line: i + 2 }));
  const spaceOf = (...paths: [string | undefined, string | undefined][]) =>
    createLabelSpace(rows(...paths), levels, { hierarchical: true });

  it('sorts fine labels by parent, and knows a parent from any row', () => {
    const space = spaceOf(
      ['travel', 'book'],
      ['bank', 'zero'],
      [undefined, 'zero'],
      ['bank', undefined],
      ['bank', 'pay'],
    );
    expect(space.tasks.map(({ labels }) => labels)).toEqual([
      ['bank', 'travel'],
      ['pay', 'zero', 'book'],
    ]);
    expect(space.hierarchy).toEqual({ parents: [0, 0, 1] });
  });

  it('refuses a fine label with two parents or none, a childless coarse label, and other tasks', () => {
    expect(() => spaceOf(['bank', 'pay'], ['travel', 'book'], ['travel', 'pay'])).toThrow(
      'the label "pay" of "intent" stands under two labels of "domain": "bank" on line 2 and "travel" on line 4',
    );
    expect(() => spaceOf(['bank', 'pay'], [undefined, 'book'])).toThrow('no row gives a label of "domain": "book"');
    expect(() => spaceOf(['bank', 'pay'], ['travel', undefined])).toThrow('no row gives a label of "intent": "travel"');
    expect(() => createLabelSpace(rows(['a', 'b']), [levels[0]!], { hierarchical: true })).toThrow(
      'two single-label tasks, coarse and fine; there are: "domain" (single-label)',
    );
  });
});
