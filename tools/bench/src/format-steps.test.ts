import { describe, expect, it } from 'vitest';
import { formatSteps, type StepReport } from './format-steps.ts';

const rates = (milliseconds: number, mebibytes: number) => ({
  ...{ steps: 9, milliseconds, bestMilliseconds: milliseconds, gigaflops: 250, shareOfCeiling: 0.6 },
  ...{ tokensPerSecond: 4000, peakMemoryBytes: mebibytes * 2 ** 20 },
});
const operators = Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`Op${i}`, 40 - i]));
const report: StepReport = {
  work: 'minilm-1024',
  ceiling: 417.4,
  taxon: { fp32: rates(200, 500), int8: rates(100, 800) },
  peer: { fp32: rates(400, 1000), bf16: rates(150, 1200) },
  profiles: {
    fp32: {
      load: { trace: 0.2, encode: 0.05, session: 0.5 },
      step: { total: 211, native: 190, adamw: 6.4, host: 14.6 },
      operators: { ...operators, MatMul: 150 },
    },
  },
};
const cells = (text: string, ...start: string[]): string[] =>
  text
    .split('\n')
    .map((line) => line.split('|').map((cell) => cell.trim()))
    .find((line) => start.every((cell, i) => line[i + 1] === cell))
    ?.slice(1, -1) ?? [];

describe('the tables of steps', () => {
  it('show each side, and Taxon against both precisions of the peer', () => {
    const text = formatSteps([report]);
    expect(cells(text, 'minilm-1024', 'ceiling')).toEqual(expect.arrayContaining(['417', '100 %']));
    expect(cells(text, 'minilm-1024', 'Taxon', 'int8')).toEqual([
      ...['minilm-1024', 'Taxon', 'int8', '100', '250', '60 %', '800 MiB', '4.00', '1.25', '1.50', '1.50'],
    ]);
    expect(cells(text, 'minilm-1024', 'PyTorch', 'bf16').slice(3, 7)).toEqual(['150', '250', '60 %', '1200 MiB']);
  });

  it('show where the milliseconds go, small operators together, and what loading takes', () => {
    const text = formatSteps([report]);
    expect(cells(text, 'MatMul')).toEqual(['MatMul', '150.0']);
    expect(cells(text, '7 other operators')).toEqual(['7 other operators', '168.0']); // 27 + 26 + … + 21
    expect(cells(text, 'norm, AdamW, int8 forms')[1]).toBe('6.4');
    expect(cells(text, 'minilm-1024', 'fp32', '0.20')).toEqual(['minilm-1024', 'fp32', '0.20', '0.05', '0.50', '0.75']);
  });

  it('say why there is no peer', () => {
    const text = formatSteps([{ ...report, peer: {} }], 'no python3 here');
    expect(text).toContain('PyTorch: skipped: no python3 here');
    expect(cells(text, 'minilm-1024', 'Taxon', 'fp32').slice(7)).toEqual(['–', '–', '–', '–']);
  });
});
