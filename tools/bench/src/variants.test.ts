import { describe, expect, it } from 'vitest';
import { settingsOption, variantsOption } from './variants.ts';

describe('variants of the recipe', () => {
  it('are split at semicolons, their options at commas', () => {
    expect(variantsOption('variants', 'default; precision=int8,optimizer.keep=0.5')).toEqual([
      { name: 'default', settings: [] },
      { name: 'precision=int8,optimizer.keep=0.5', settings: ['precision=int8', 'optimizer.keep=0.5'] },
    ]);
    expect(settingsOption('set', undefined)).toEqual([]);
  });

  it('name what is no option=value, and what stands there twice', () => {
    expect(() => variantsOption('variants', 'int8')).toThrow('--variants int8: must be option=value');
    expect(() => settingsOption('set', 'a=1,b=')).toThrow('--set b=: must be option=value');
    expect(() => variantsOption('variants', 'default;')).toThrow('--variants: an empty variant');
    expect(() => variantsOption('variants', 'a=1;a=1')).toThrow('--variants: a=1 stands there twice');
  });
});
