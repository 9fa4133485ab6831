import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nearDuplicatesAcross } from './near-duplicates.ts';
import { createRandom } from './random.ts';
import { normalizeText } from './text-groups.ts';

/** Written anew, without sets of hashes: shares of distinct n-grams. */
const similarity = (a: string, b: string, size = 3): number => {
  const grams = (text: string): string[] => {
    const letters = Array.from(normalizeText(text));
    if (letters.length <= size) return letters.length === 0 ? [] : [letters.join('')];
    return [...new Set(letters.slice(size - 1).map((_, i) => letters.slice(i, i + size).join('')))];
  };
  const [one, two] = [grams(a), grams(b)];
  const shared = one.filter((gram) => two.includes(gram)).length;
  return shared / (one.length + two.length - shared);
};

const sentences = (count: number, seed: number): string[] => {
  const random = createRandom(seed);
  const letters = 'etaoinshrdlucmfw';
  const word = (): string =>
    Array.from({ length: 2 + Math.floor(random() * 6) }, () => letters[Math.floor(random() * 16)]).join('');
  return Array.from({ length: count }, () => Array.from({ length: 9 }, word).join(' '));
};

describe('nearDuplicatesAcross', () => {
  it('finds copies and changed copies, in languages with and without spaces, and names the nearest', () => {
    const train = [
      'please cancel my order for the blue shoes today',
      '北京市海淀区中关村大街二十七号',
      'something else',
      '退款',
    ];
    const test = [
      'Please cancel my order for the  BLUE shoes today',
      'please cancel my order for the blue shoes now',
      '北京市海淀区中关村大街二十九号',
      'nothing like it',
      '退款',
      '',
    ];
    const found = nearDuplicatesAcross(
      [
        { name: 'train', texts: train },
        { name: 'test', texts: test },
      ],
      { threshold: 0.6 },
    );
    expect(found.map(({ index, otherIndex }) => [index, otherIndex])).toEqual([
      [0, 0],
      [1, 0],
      [2, 1],
      [4, 3],
    ]);
    expect(found[0]).toEqual({ part: 'test', index: 0, otherPart: 'train', otherIndex: 0, similarity: 1 });
    expect(found[1]!.similarity).toBe(similarity(train[0]!, test[1]!));
    expect(found[2]!.similarity).toBe(similarity(train[1]!, test[2]!));
  });

  it('does not compare a part with itself, and looks into every earlier part', () => {
    const copy = 'the same words in both of the parts';
    const parts = [
      { name: 'train', texts: ['unlike anything below it', 'unlike anything below it'] },
      { name: 'validation', texts: [copy] },
      { name: 'test', texts: [copy, 'another text altogether'] },
    ];
    expect(nearDuplicatesAcross(parts)).toEqual([
      { part: 'test', index: 0, otherPart: 'validation', otherIndex: 0, similarity: 1 },
    ]);
  });

  it('misses next to no pair above the threshold, and reports none below it', () => {
    const train = sentences(400, 1);
    const random = createRandom(2);
    const test = train.map((text, place) => {
      const letters = Array.from(text);
      for (let i = 0; i <= place % 6; i++) letters[Math.floor(random() * letters.length)] = 'x';
      return letters.join('');
    });
    for (const threshold of [0.5, 0.7, 0.8]) {
      const found = nearDuplicatesAcross(
        [
          { name: 'train', texts: train },
          { name: 'test', texts: test },
        ],
        { threshold },
      );
      const there = test.filter((text, i) => similarity(text, train[i]!) >= threshold).length;
      expect(there).toBeGreaterThan(10);
      expect(found.length).toBeGreaterThanOrEqual(Math.floor(there * 0.985));
      for (const { index, otherIndex, similarity: told } of found) {
        expect(told).toBe(similarity(test[index]!, train[otherIndex]!));
        expect(told).toBeGreaterThanOrEqual(threshold);
      }
    }
  });

  it('takes any texts', () => {
    const texts = fc.array(fc.string({ unit: 'binary', maxLength: 12 }), { maxLength: 6 });
    fc.assert(
      fc.property(texts, texts, fc.double({ min: 0.05, max: 1, noNaN: true }), (train, test, threshold) => {
        const parts = [
          { name: 'train', texts: train },
          { name: 'test', texts: [...test, ...train] },
        ];
        const found = nearDuplicatesAcross(parts, { threshold });
        const copies = found.filter(({ index }) => index >= test.length);
        expect(copies.length).toBe(train.filter((text) => normalizeText(text) !== '').length);
        for (const { similarity: told } of copies) expect(told).toBe(1);
      }),
    );
  });

  it('refuses options out of range', () => {
    expect(() => nearDuplicatesAcross([], { threshold: 0 })).toThrow('threshold is 0');
    expect(() => nearDuplicatesAcross([], { gram: 0.5 })).toThrow('gram is 0.5');
  });
});
