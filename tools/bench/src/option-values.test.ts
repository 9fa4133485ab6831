import { describe, expect, it } from 'vitest';
import { namesOption, numberOption, numbersOption } from './option-values.ts';

describe('option values', () => {
  it('reads numbers within their range', () => {
    expect(numberOption('seconds', '0.5', { least: 0, most: 1 })).toBe(0.5);
    expect(numbersOption('epochs', '1,2', { least: 0, most: 9 })).toEqual([1, 2]);
  });

  it.each(['', ' ', 'x', '11', '-1', '1.5', undefined])('refuses %j with the option and the range', (text) => {
    expect(() => numberOption('rows', text, { least: 1, most: 10, whole: true })).toThrow(
      /--rows.*: must be a whole number from 1 to 10/u,
    );
  });

  it('refuses a name that is not among the known', () => {
    expect(namesOption('precision', 'bf16,fp32', ['fp32', 'bf16'])).toEqual(['bf16', 'fp32']);
    expect(() => namesOption('precision', 'fp16', ['fp32', 'bf16'])).toThrow(
      '--precision fp16: must be one of fp32, bf16',
    );
  });
});
