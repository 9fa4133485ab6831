import fc from 'fast-check';
import { expect, it } from 'vitest';
import { relaxedCriteria, relaxedOutcomes } from './index.ts';
import { multiLabelDraws, rows } from './testing.ts';

it('counts the criteria by set operations', () => {
  fc.assert(
    fc.property(multiLabelDraws(), (draw) => {
      const sets = (values: Uint8Array) =>
        rows(values, draw.classes).map((row) => row.flatMap((x, i) => (x === 1 ? [i] : [])));
      const given = sets(draw.predicted);
      const pairs = sets(draw.expected).map((right, i) => ({
        extra: given[i]!.filter((label) => !right.includes(label)).length,
        missing: right.filter((label) => !given[i]!.includes(label)).length,
        given: given[i]!.length,
      }));
      const share = (fits: (pair: (typeof pairs)[number]) => boolean): number =>
        pairs.filter(fits).length / Math.max(1, draw.n);
      expect(relaxedCriteria(draw)).toEqual({
        n: draw.n,
        exactMatch: share(({ extra, missing }) => extra + missing === 0),
        noWrongExtra: share((pair) => pair.extra === 0 && pair.given > 0),
        oneExtraNoneMissing: share(({ extra, missing }) => extra <= 1 && missing === 0),
      });
    }),
  );
});

it('tells text by text', () => {
  const answers = {
    labels: ['a', 'b', 'c'],
    // right, one missing, one extra, two extra, nothing given, nothing to give
    expected: Uint8Array.of(1, 1, 0, 1, 1, 0, 1, 1, 0, 1, 0, 0, 1, 0, 0, 0, 0, 0),
    predicted: Uint8Array.of(1, 1, 0, 1, 0, 0, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0),
  };
  const outcomes = relaxedOutcomes(answers);
  expect([...outcomes.exactMatch]).toEqual([1, 0, 0, 0, 0, 1]);
  expect([...outcomes.noWrongExtra]).toEqual([1, 1, 0, 0, 0, 0]);
  expect([...outcomes.oneExtraNoneMissing]).toEqual([1, 0, 1, 0, 0, 1]);
});
