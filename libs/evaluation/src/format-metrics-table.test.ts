import stringWidth from 'string-width';
import { describe, expect, it } from 'vitest';
import { classificationMetrics, formatMetricsTable } from './index.ts';

const { n, accuracy, macroF1, weightedF1, perClass } = classificationMetrics(
  Int32Array.of(0, 0, 1, 1, 2, 2, 2),
  Int32Array.of(0, 1, 1, 1, 2, 2, 0),
  ['card lost', '退款\n请求', 'a label that is far too long for any column of a terminal', 'never met'],
);
const metrics = { n, figures: { accuracy, 'macro F1': macroF1, 'weighted F1': weightedF1 }, perLabel: perClass };

describe('formatMetricsTable', () => {
  it('shows the worst classes first', () => {
    expect(formatMetricsTable(metrics)).toMatchInlineSnapshot(`
      "accuracy 0.7143   macro F1 0.7000   weighted F1 0.7143   texts 7

      worst first                             precision   recall       f1    texts
      card lost                                   0.500    0.500    0.500        2
      a label that is far too long for any co…    1.000    0.667    0.800        3
      退款 请求                                   0.667    1.000    0.800        2"
    `);
  });

  it('keeps columns straight for wide letters and long labels', () => {
    const rows = formatMetricsTable(metrics, { labelWidth: 14 }).split('\n').slice(2);
    expect(new Set(rows.map((row) => stringWidth(row))).size).toBe(1);
    expect(rows.at(-2)).toMatch(/^\S.*…/);
  });

  it('counts what it leaves out', () => {
    expect(formatMetricsTable(metrics, { maxRows: 1 })).toMatch(/card lost .*\n… and 2 more, F1 from 0\.800 up$/);
  });
});
