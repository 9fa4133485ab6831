import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createLabelSpace, encodeLabels, labelIndex, requireClasses } from './index.ts';

const labelled = (...labels: string[]) => labels.map((label) => ({ label }));

describe('label space', () => {
  it('sorts by code point, so that ｚ (U+FF5A) comes before 🎉 (U+1F389)', () => {
    expect(createLabelSpace(labelled('🎉', 'b', 'ｚ', 'a', 'B', 'b', 'ab')).labels).toEqual([
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
        const space = createLabelSpace(labelled(...labels));
        expect(createLabelSpace(labelled(...labels.toReversed()))).toEqual(space);
        expect(new Set(space.labels)).toEqual(new Set(labels));
        for (let i = 1; i < space.labels.length; i++) {
          const [a, b] = [codePoints(space.labels[i - 1]!), codePoints(space.labels[i]!)];
          const at = a.findIndex((point, k) => point !== b[k]);
          expect(at === -1 || (b[at] !== undefined && a[at]! < b[at])).toBe(true);
        }
      }),
    );
  });

  it('gives −1 for labels outside', () => {
    const space = createLabelSpace(labelled('x', 'y'));
    expect(labelIndex(space, 'y')).toBe(1);
    expect(labelIndex(space, 'toString')).toBe(-1);
    expect(encodeLabels(space, labelled('y', 'z', 'x'))).toEqual(Int32Array.of(1, -1, 0));
  });

  it('requires two classes', () => {
    const example = (label: string, line: number) => ({ text: 't', label, line });
    expect(() => requireClasses([example('a', 2), example('b', 3)], 'f.csv')).not.toThrow();
    expect(() => requireClasses([example('a', 2), example('a', 3)], 'f.csv')).toThrow(
      'f.csv holds one class only: "a" (2 examples, the first on line 2)',
    );
    expect(() => requireClasses([], 'f.csv')).toThrow('no examples');
  });
});
