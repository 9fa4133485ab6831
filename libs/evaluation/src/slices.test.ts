import { describe, expect, it } from 'vitest';
import {
  crossSourceRows,
  crossSourceTable,
  groupByLabelCount,
  groupByLength,
  groupByName,
  multiLabelSlices,
  singleLabelSlices,
} from './index.ts';

describe('groupings', () => {
  it('cuts lengths into bins of about the same number of texts', () => {
    const { names, of } = groupByLength([9, 1, 2, 3, 4, 5, 6, 7, 8, 10], 5);
    expect(names).toEqual(['1–2', '3–4', '5–6', '7–8', '9–10']);
    expect([...of]).toEqual([4, 0, 0, 1, 1, 2, 2, 3, 3, 4]);
    expect(groupByLength([7, 7, 7, 7, 9], 3).names).toEqual(['7', '9']);
    expect(groupByLength([], 3)).toMatchObject({ names: [], of: new Int32Array() });
  });

  it('groups by source and by number of labels', () => {
    expect(groupByName(['b', undefined, 'a', 'b'])).toEqual({
      by: 'source',
      names: ['a', 'b', '(no source)'],
      of: Int32Array.of(1, 2, 0, 1),
    });
    expect([...groupByLabelCount(Uint8Array.of(0, 0, 0, 1, 0, 1, 1, 1, 1), 3, 2).of]).toEqual([0, 2, 2]);
  });
});

describe('slices', () => {
  it('score each group that has texts', () => {
    const grouping = { by: 'source', names: ['x', 'nobody', 'y'], of: Int32Array.of(0, 2, 0, 2) };
    const table = singleLabelSlices(
      grouping,
      Int32Array.of(0, 1, -1, 1),
      Int32Array.of(0, 1, 0, 0),
      ['a', 'b'],
      ['new'],
    );
    expect(table.slices).toEqual([
      { name: 'x', n: 2, metrics: { accuracy: 0.5, macroF1: 1 / 3, weightedF1: 1 / 3 } },
      { name: 'y', n: 2, metrics: { accuracy: 0.5, macroF1: 1 / 3, weightedF1: 2 / 3 } },
    ]);
    const answers = {
      labels: ['a', 'b'],
      expected: Uint8Array.of(1, 0, 1, 1, 0, 1, 0, 0),
      predicted: Uint8Array.of(1, 0, 1, 0, 0, 1, 1, 0),
    };
    const shares = multiLabelSlices(grouping, answers).slices.map(({ name, metrics }) => [name, metrics['exactMatch']]);
    expect(shares).toEqual([
      ['x', 1],
      ['y', 0],
    ]);
  });

  it('make a table of sources by sources, with holes', () => {
    const slices = singleLabelSlices(
      groupByName(['web', 'desk', 'web']),
      Int32Array.of(0, 0, 0),
      Int32Array.of(0, 0, 1),
      ['a', 'b'],
    );
    const table = crossSourceTable([
      ...crossSourceRows('web', slices),
      { trainSource: 'desk', validationSource: 'web', metrics: { accuracy: 0.25 } },
    ]);
    expect(table.trainSources).toEqual(['web', 'desk']);
    expect(table.validationSources).toEqual(['desk', 'web']);
    expect(table.cells[0]!.map((cell) => cell?.metrics['accuracy'])).toEqual([1, 0.5]);
    expect(table.cells[1]).toEqual([null, { n: null, metrics: { accuracy: 0.25 } }]);
    expect(table.metrics).toEqual(['accuracy', 'macroF1', 'weightedF1']);
  });
});
