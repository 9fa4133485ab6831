import { describe, expect, it } from 'vitest';
import { comparePart, describeDataset, type Example } from './index.ts';

const examples = (...rows: [text: string, label: string][]): Example[] =>
  rows.map(([text, label], i) => ({ text, label, line: i + 2 }));

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
    );
    expect(description.n).toBe(5);
    expect(description.classes).toEqual([
      { label: 'track', count: 3 },
      { label: 'refund', count: 1 },
      { label: 'return', count: 1 },
    ]);
    expect(description.duplicates).toEqual([{ text: 'Where is it', lines: [2, 3] }]);
    expect(description.conflicts).toEqual([
      {
        text: 'back',
        occurrences: [
          { line: 4, label: 'refund' },
          { line: 5, label: 'return' },
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
    const spelling = describeDataset(examples(['a', 'Card Lost'], ['b', 'card_lost'], ['c', 'x'], ['d', 'x']));
    expect(spelling.notes[0]?.message).toContain('the labels "Card Lost" and "card_lost" differ in spelling only');
    const wrong = describeDataset(
      examples(...Array.from({ length: 30 }, (_, i): [string, string] => [`t${i}`, `l${i}`])),
    );
    expect(wrong.notes[0]?.message).toContain('30 classes in 30 examples: is --label-column the right one?');
  });
});

describe('comparePart', () => {
  it('finds labels that training never sees, and texts that it sees already', () => {
    const train = examples(['a', 'x'], ['b', 'y']);
    const { unseenLabels, leaked, notes } = comparePart(train, examples(['A', 'x'], ['c', 'z'], ['d', 'z']), 'test');
    expect(unseenLabels).toEqual(['z']);
    expect(leaked).toEqual([{ text: 'A', line: 2 }]);
    expect(notes.map(({ message }) => message)).toEqual([
      '1 label of the test part does not occur in training: "z"; 2 texts will score as errors',
      '1 text of the test part is in training too, such as "A" on line 2',
    ]);
    expect(comparePart(train, examples(['e', 'x']), 'test').notes).toEqual([]);
  });
});
