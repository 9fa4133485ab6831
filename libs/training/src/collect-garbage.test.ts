import { expect, it } from 'vitest';
import { collectGarbage } from './collect-garbage.ts';

it('frees arrays that nothing refers to', async () => {
  const size = 64 * 2 ** 20;
  const before = process.memoryUsage().arrayBuffers;
  let array: Float32Array | undefined = new Float32Array(size / 4);
  expect(array.length + process.memoryUsage().arrayBuffers).toBeGreaterThan(before + size);
  array = undefined;
  // Buffers are freed by another thread, soon after.
  for (let tries = 0; tries < 50 && process.memoryUsage().arrayBuffers > before + size / 2; tries++) {
    collectGarbage();
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  expect(process.memoryUsage().arrayBuffers).toBeLessThan(before + size / 2);
});
