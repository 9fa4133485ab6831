import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { compile } from './compile.ts';
import { cacheByStructure } from './program-cache.ts';

const counted = () => {
  const traced: number[] = [];
  const make = cacheByStructure(({ size }: { size: number }) => {
    traced.push(size);
    return compile(({ x }) => ({ y: tf.neg(x!) }), { x: { shape: [size] } });
  });
  return { traced, make };
};

describe('cacheByStructure', () => {
  it('traces and encodes a structure once', () => {
    const { traced, make } = counted();
    const first = make({ size: 3 });
    expect(make({ size: 3 })).toBe(first);
    expect(make({ size: 3 }).encode()).toBe(first.encode());
    expect(make({ size: 4 }).graph.inputs[0]!.shape).toEqual([4]);
    expect(traced).toEqual([3, 4]);
  });

  it('forgets what was not asked for the longest time', () => {
    const { traced, make } = counted();
    for (let size = 1; size <= 16; size++) make({ size });
    make({ size: 1 });
    make({ size: 17 });
    make({ size: 1 });
    make({ size: 2 });
    expect(traced.slice(16)).toEqual([17, 2]);
  });
});
