import fc from 'fast-check';
import { expect, it } from 'vitest';
import { columnsOf, sortDecisions } from './sorted-decisions.ts';
import { multiLabelDraws } from './testing.ts';

it('holds every decision once, each label’s own by falling score', () => {
  fc.assert(
    fc.property(multiLabelDraws(), ({ n, classes, logits, expected }) => {
      const columns = columnsOf(sortDecisions(logits, expected, classes));
      expect(columns).toHaveLength(classes);
      columns.forEach(({ support, scores, right }, label) => {
        const own = Array.from({ length: n }, (_, text) => [
          logits[text * classes + label]!,
          expected[text * classes + label]!,
        ]);
        const falling = own.toSorted(([a], [b]) => b! - a!);
        expect([...scores].map((score, i) => [score + 0, right[i]])).toEqual(falling.map(([z, e]) => [z! + 0, e]));
        expect(support).toBe(own.reduce((sum, [, e]) => sum + e!, 0));
      });
    }),
  );
  expect(() => sortDecisions(new Float32Array(4), new Uint8Array(6), 2)).toThrow('logits holds 4 values');
});
