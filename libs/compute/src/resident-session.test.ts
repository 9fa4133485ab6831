import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { compile, createResidentSession, nextName, type ComputeDevice } from './index.ts';
import { webGpuIsThere } from './testing.ts';

const program = compile(
  ({ x, by }) => ({ [nextName('x')]: tf.add(x!, by!), [nextName('n')]: tf.neg(x!), sum: tf.sum(x!) }),
  { x: { shape: [3] }, n: { shape: [3] }, by: { shape: [] } },
);

const scalar = (value: number) => ({ shape: [], data: Float32Array.of(value) });
const start = () => ({
  x: { shape: [3], data: Float32Array.of(1, 2, 3) },
  n: { shape: [3], data: new Float32Array(3) },
});

const webgpu = await webGpuIsThere();

describe.each<[ComputeDevice, boolean]>([
  ['cpu', true],
  ['webgpu', webgpu],
])('a resident session on %s (webgpu needs an adapter)', (device, there) => {
  it.skipIf(!there)('carries its state from run to run, and leaves the arrays that it began with alone', async () => {
    const initial = start();
    const session = await createResidentSession(program, initial, { device, threads: 1 });
    const sums: number[] = [];
    for (const by of [1, 10, 100]) sums.push((await session.run({ by: scalar(by) })).sum!.data[0]!);
    expect(sums).toEqual([6, 9, 39]);
    const { x, n } = await session.read();
    expect([...x!.data]).toEqual([112, 113, 114]);
    expect([...n!.data]).toEqual([-12, -13, -14]);
    const { sum } = await session.run({ by: scalar(0) });
    expect(sum!.data[0]).toBe(339);
    await session.dispose();
    expect(initial).toEqual(start());
  });
});
