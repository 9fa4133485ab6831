import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { compile } from './compile.ts';
import { createInPlaceSession } from './in-place-session.ts';

const size = 1 << 20;
const program = compile(({ x }) => ({ sum: tf.sum(x!), twice: tf.mul(x!, 2), next: tf.add(x!, 1) }), {
  x: { shape: [size] },
});
const array = (value: number, length = size) => ({ shape: [length], data: new Float32Array(length).fill(value) });
const results = () => ({ sum: { shape: [], data: new Float32Array(1) }, twice: array(0), next: array(0) });

it('writes every output where it shall lie, run after run, and copies none', async () => {
  const session = await createInPlaceSession(program, { threads: 1 });
  try {
    const { sum, twice, next } = results();
    const input = array(3);
    const before = process.memoryUsage().arrayBuffers;
    await session.run({ x: input }, { sum, twice, next });
    expect([sum.data[0], twice.data[size - 1], next.data[0]]).toEqual([3 * size, 6, 4]);
    input.data.fill(-1);
    await session.run({ x: input }, { sum, twice, next });
    expect([sum.data[0], twice.data[0], next.data[size - 1]]).toEqual([-size, -2, 0]);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(size);
  } finally {
    await session.dispose();
  }
});

it('refuses a run that leaves an output without a place, and tells what goes wrong within one', async () => {
  const session = await createInPlaceSession(program, { threads: 1 });
  try {
    const { twice, ...others } = results();
    await expect(session.run({ x: array(0) }, others)).rejects.toThrow(/output 'twice' has no array/);
    await expect(session.run({ x: array(0, 5) }, { ...others, twice })).rejects.toThrow(/invalid dimensions/);
    await expect(session.run({}, { ...others, twice })).rejects.toThrow(/input 'x' is missing/);
  } finally {
    await session.dispose();
  }
});
