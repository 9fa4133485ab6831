import { describe, expect, it } from 'vitest';
import { compareSteps, poolSamples } from './compare-steps.ts';
import { readStepWorks } from './step-work.ts';

const [work] = readStepWorks({ works: 'minilm-1024', length: '128', seconds: '1' }, 2);

describe('comparing steps', () => {
  const taxon = poolSamples(
    work!,
    [
      { times: [0.3, 0.2], peakMemoryBytes: 100 },
      { times: [0.1, 0.2, 0.25], peakMemoryBytes: 120 },
    ],
    652.298_158_08, // GFLOP/s: twice what a step of 0.2 s does
  );

  it('takes the median over the steps of all processes, and the highest memory', () => {
    expect(taxon).toMatchObject({ steps: 5, milliseconds: 200, bestMilliseconds: 100, peakMemoryBytes: 120 });
    expect(taxon.gigaflops).toBeCloseTo((6 * 10_616_832 * 1024) / 0.2 / 1e9);
    expect(taxon.shareOfCeiling).toBeCloseTo(0.5);
    expect(taxon.tokensPerSecond).toBe(5120);
  });

  it('is above 1 where Taxon is better, for every pair of precisions', () => {
    const peer = poolSamples(work!, [{ times: [0.4], peakMemoryBytes: 240 }], 500);
    const unmeasured = { ...peer, peakMemoryBytes: undefined };
    expect(compareSteps({ fp32: taxon, int8: taxon }, { fp32: peer, bf16: unmeasured })).toEqual({
      fp32: { fp32: { speed: 2, memory: 2 }, bf16: { speed: 2, memory: null } },
      int8: { fp32: { speed: 2, memory: 2 }, bf16: { speed: 2, memory: null } },
    });
  });
});
