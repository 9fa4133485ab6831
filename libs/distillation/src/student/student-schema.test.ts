import { describe, expect, it } from 'vitest';
import { parseDistillation } from '../parse-options.ts';
import { chooseLayers } from './choose-layers.ts';
import { parseStudent, studentSchema } from './student-schema.ts';

describe('the short form of a student', () => {
  it('says what it is made of', () => {
    expect(parseStudent('layers:3')).toEqual({ layers: 3 });
    expect(parseStudent('layers:0,2,5+heads:8+ffn:768+vocabulary:domain')).toEqual({
      ...{ layers: [0, 2, 5], heads: 8, intermediate: 768, vocabulary: 'domain' },
    });
    expect(parseStudent('scratch:mini')).toEqual({ from: 'scratch:mini' });
    expect(parseStudent('org/small-encoder + layers:2')).toEqual({ from: 'org/small-encoder', layers: 2 });
    expect(parseStudent('same')).toEqual({});
    expect(() => parseStudent('layers:three')).toThrow("'layers:three': 'three' is not a whole number");
    expect(() => parseStudent('layers:3+')).toThrow('has an empty part');
    expect(studentSchema.safeParse(parseStudent('layers:2,1')).success).toBe(false);
  });

  it('takes layers evenly, the last included, or those that are listed', () => {
    expect(chooseLayers(3, 6)).toEqual([1, 3, 5]);
    expect(chooseLayers(4, 6)).toEqual([1, 2, 4, 5]);
    expect(chooseLayers(undefined, 3)).toEqual([0, 1, 2]);
    expect(chooseLayers([0, 5], 6)).toEqual([0, 5]);
    expect(() => chooseLayers(7, 6)).toThrow('student.layers is 7; there are 6');
    expect(() => chooseLayers([0, 6], 6)).toThrow('student.layers is [0,6]; there are 6');
  });
});

describe('the options', () => {
  it('are checked whole, with the nearest right name', () => {
    const teachers = [{ folder: 'teacher' }];
    const options = parseDistillation({ teachers, data: { train: 'a.csv' }, output: 'out' });
    expect(options).toMatchObject({ temperature: 2, optimizer: { epochs: 10, keep: 1 }, patience: 0 });
    expect(() =>
      parseDistillation({ teachers, data: { train: 'a.csv' }, output: 'out', signals: { hiden: 1 }, alpha: 2 }),
    ).toThrow(/alpha: .*\(got 2\).*|signals\.hiden: unknown option; did you mean 'hidden'/);
  });
});
