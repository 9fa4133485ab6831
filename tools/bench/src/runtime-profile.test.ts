import { describe, expect, it } from 'vitest';
import { readRuntimeProfile } from './runtime-profile.ts';

const run = (ts: number, dur: number) => ({ cat: 'Session', name: 'model_run', ts, dur, ph: 'X' });
const kernel = (op: string, ts: number, dur: number) => ({
  ...{ cat: 'Node', name: `${op}_1_kernel_time`, ts, dur },
  args: { op_name: op },
});

describe("ONNX Runtime's profile", () => {
  const json = JSON.stringify([
    { cat: 'Session', name: 'session_initialization', ts: 0, dur: 900 },
    { cat: 'Node', name: 'thread_scheduling', ts: 1 }, // no duration
    // Runs are written when they end, after their kernels.
    kernel('MatMul', 1010, 700),
    run(1000, 1000),
    kernel('MatMul', 3010, 400),
    { ...kernel('MatMul', 3005, 5), name: 'MatMul_1_fence_before' },
    kernel('Gelu', 3500, 100),
    run(3000, 600),
    kernel('MatMul', 4010, 500),
    run(4000, 800),
  ]);

  it('is summed by operator over the runs after the first ones', () => {
    expect(readRuntimeProfile(json, 1)).toEqual({ runs: 2, total: 1.4, operators: { MatMul: 0.9, Gelu: 0.1 } });
    expect(Object.keys(readRuntimeProfile(json, 0).operators)).toEqual(['MatMul', 'Gelu']);
  });

  it('is empty where no run is left', () => {
    expect(readRuntimeProfile(json, 3)).toEqual({ runs: 0, total: 0, operators: {} });
  });
});
