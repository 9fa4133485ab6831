import type { Example } from '@taxon/data';
import { describe, expect, it } from 'vitest';
import { findNearDuplicates } from './find-near-duplicates.ts';

const example = (text: string, line: number, pair?: string): Example => ({ text, labels: [['a']], line, pair });
const train = [example('how do I block my lost card', 1), example('what is the exchange rate today', 2)];

describe('near-duplicates across parts', () => {
  it('are counted by part, with the most similar pair as an example', () => {
    const validation = [example('how do I block my lost card?', 7), example('where is the nearest branch', 8)];
    const test = [example('What is the exchange  rate today', 9)];
    const { nearDuplicates, notes } = findNearDuplicates({ train, validation, test });
    expect(nearDuplicates).toMatchObject({ threshold: 0.8, found: 2 });
    expect(nearDuplicates!.pairs[1]).toMatchObject({
      similarity: 1,
      a: { part: 'train', line: 2, labels: ['a'] },
      b: { part: 'test', line: 9 },
    });
    expect(notes).toEqual([{ level: 'warning', message: expect.any(String) as string }]);
    expect(notes[0]!.message).toContain('1 of validation and 1 of test are nearly the same');
    expect(notes[0]!.message).toContain("'What is the exchange rate today' (test, line 9)");
  });

  it('of pairs are those of both texts', () => {
    const text = 'a premise that is the same in all of them';
    const parts = {
      train: [example(text, 1, 'and its first hypothesis')],
      validation: [example(text, 1, 'another one, which says quite something else'), example(text, 2, 'and its first hypothesis')], // prettier-ignore
      test: [],
    };
    expect(findNearDuplicates(parts).nearDuplicates!.pairs.map(({ b }) => b.line)).toEqual([2]);
  });

  it('are none where there are none, and not looked for among too many letters', () => {
    expect(findNearDuplicates({ train, validation: [], test: [] })).toMatchObject({ nearDuplicates: { found: 0 }, notes: [] }); // prettier-ignore
    const long = [example('x'.repeat(6_000_001), 1)];
    const { nearDuplicates, notes } = findNearDuplicates({ train: long, validation: [], test: long });
    expect(nearDuplicates).toBeUndefined();
    expect(notes[0]).toMatchObject({ level: 'info' });
  });
});
