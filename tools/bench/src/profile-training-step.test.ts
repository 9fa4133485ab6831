import { describe, expect, it } from 'vitest';
import { createBenchModel } from './bench-model.ts';
import { measureTrainingStep } from './measure-training-step.ts';
import { profileTrainingStep } from './profile-training-step.ts';
import type { StepWork } from './step-work.ts';

const work: StepWork = {
  ...{ name: 'tiny', layers: 1, hidden: 32, heads: 2, labels: 3, threads: 1, seconds: 0 },
  ...{ rows: 128, length: 16 },
};
const session = { threads: 1 };

describe('a measured step', () => {
  it('is cut into native calls of 1,024 tokens, which hold every text once', () => {
    const { batches, options } = createBenchModel(work, 'fp32');
    expect(options).toMatchObject({ accumulate: true });
    expect(options.shape).toEqual({ rows: 64, length: 16, slots: 1 });
    expect(batches.map(({ tokens }) => tokens)).toEqual([1024, 1024]);
    expect(batches.flatMap(({ texts }) => texts)).toEqual(Array.from({ length: 128 }, (_, i) => i));
  });

  it('runs in both precisions', async () => {
    for (const precision of ['fp32', 'int8'] as const) {
      const { times } = await measureTrainingStep(work, precision, session);
      expect(times).toHaveLength(5);
      expect(Math.min(...times)).toBeGreaterThan(0);
    }
  });

  it("tells where its time goes, from ONNX Runtime's own profile", async () => {
    const { load, step, operators } = await profileTrainingStep(work, 'fp32', session);
    const { total, native, adamw, host } = step;
    expect(native + adamw + host).toBeCloseTo(total, 6);
    const kernels = Object.values(operators).reduce((sum, milliseconds) => sum + milliseconds, 0);
    expect(kernels).toBeLessThan(native);
    expect(Object.keys(operators).some((name) => name.includes('MatMul'))).toBe(true);
    for (const part of [native, adamw, host, ...Object.values(load)]) expect(part).toBeGreaterThan(0);
  });
});
