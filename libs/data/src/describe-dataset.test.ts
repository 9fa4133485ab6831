import { describe, expect, it } from 'vitest';
import { comparePart, describeDataset, type Example, type TaskDefinition } from './index.ts';

const examples = (...rows: [text: string, label: string][]): Example[] =>
  rows.map(([text, label], i) => ({ text, labels: [[label]], line: i + 2 }));

const tasks: TaskDefinition[] = [{ name: 'label', kind: 'single-label' }];

describe('describeDataset', () => {
  it('counts classes, finds repeated texts and contradictions, and measures lengths', () => {
    const description = describeDataset(
      examples(
        ['Where is it', 'track'],
        ['where  is IT', 'track'],
        ['back', 'refund'],
        ['Back', 'return'],
        ['buy it', 'track'],
      ),
      tasks,
    );
    expect(description.n).toBe(5);
    expect(description.tasks[0]?.classes).toEqual([
      { label: 'track', count: 3 },
      { label: 'refund', count: 1 },
      { label: 'return', count: 1 },
    ]);
    expect(description.duplicates).toEqual([{ text: 'Where is it', lines: [2, 3] }]);
    expect(description.conflicts).toEqual([
      {
        text: 'back',
        occurrences: [
          { line: 4, labels: [['refund']] },
          { line: 5, labels: [['return']] },
        ],
      },
    ]);
    expect(description.textLength).toEqual({ min: 4, p50: 6, p90: 12, p99: 12, max: 12, mean: 7.4 });
    expect(description.notes.map(({ message }) => message)).toEqual([
      '2 classes have one example only',
      '1 text carries different labels:\n  "back": "refund" on line 4, "return" on line 5',
      '1 text occurs more than once, such as "Where is it" on lines 2, 3',
    ]);
  });

  it('suspects labels that differ in spelling only, and a label column that is none', () => {
    const spelling = describeDataset(examples(['a', 'Card Lost'], ['b', 'card_lost'], ['c', 'x'], ['d', 'x']), tasks);
    expect(spelling.notes[0]?.message).toContain('the labels "Card Lost" and "card_lost" differ in spelling only');
    const wrong = describeDataset(
      examples(...Array.from({ length: 30 }, (_, i): [string, string] => [`t${i}`, `l${i}`])),
      tasks,
    );
    expect(wrong.notes[0]?.message).toContain('30 classes in 30 examples: is --label-column the right one?');
  });
});

describe('several tasks', () => {
  const two: TaskDefinition[] = [
    { name: 'topic', kind: 'single-label' },
    { name: 'tags', kind: 'multi-label' },
  ];
  const rows: Example[] = [
    { text: 'a', labels: [['x'], ['p', 'q']], line: 2 },
    { text: 'A', labels: [undefined, ['q', 'p']], line: 3 },
    { text: 'b', pair: 'c', labels: [['y'], []], line: 4 },
    { text: 'b', pair: 'd', labels: [['x'], undefined], line: 5 },
    { text: 'B', pair: 'C', labels: [['y'], ['p']], line: 6 },
  ];

  it('are described one by one; copies that know nothing more do not contradict', () => {
    const { tasks: described, duplicates, conflicts, notes } = describeDataset(rows, two);
    expect(described).toEqual([
      {
        ...two[0],
        classes: [
          { label: 'x', count: 2 },
          { label: 'y', count: 2 },
        ],
        known: 4,
        none: 0,
      },
      {
        ...two[1],
        classes: [
          { label: 'p', count: 3 },
          { label: 'q', count: 2 },
        ],
        known: 4,
        none: 1,
      },
    ]);
    expect(duplicates).toEqual([{ text: 'a', lines: [2, 3] }]);
    expect(conflicts.map(({ occurrences }) => occurrences.map(({ line }) => line))).toEqual([[4, 6]]);
    expect(notes[0]?.message).toContain('"b": "y"; none on line 4, "y"; "p" on line 6');
  });

  it('are compared one by one, and a pair leaks only as a whole', () => {
    const test: Example[] = [
      { text: 'b', pair: 'x', labels: [['z'], ['p']], line: 2 },
      { text: 'b', pair: 'c', labels: [undefined, ['r', 'p']], line: 3 },
    ];
    const { unseenLabels, leaked, notes } = comparePart(rows, test, 'test', two);
    expect(unseenLabels).toEqual([['z'], ['r']]);
    expect(leaked).toEqual([{ text: 'b', line: 3 }]);
    expect(notes[1]?.message).toBe(
      '1 label of the test part does not occur in training of the task "tags": "r"; 1 text will score as errors',
    );
  });
});

describe('comparePart', () => {
  it('finds labels that training never sees, and texts that it sees already', () => {
    const train = examples(['a', 'x'], ['b', 'y']);
    const { unseenLabels, leaked, notes } = comparePart(
      train,
      examples(['A', 'x'], ['c', 'z'], ['d', 'z']),
      'test',
      tasks,
    );
    expect(unseenLabels).toEqual([['z']]);
    expect(leaked).toEqual([{ text: 'A', line: 2 }]);
    expect(notes.map(({ message }) => message)).toEqual([
      '1 label of the test part does not occur in training: "z"; 2 texts will score as errors',
      '1 text of the test part is in training too, such as "A" on line 2',
    ]);
    expect(comparePart(train, examples(['e', 'x']), 'test', tasks).notes).toEqual([]);
  });
});
