import { describe, expect, it } from 'vitest';
import { applyL1, softThreshold } from './l1.ts';

describe('softThreshold', () => {
  it('moves every number towards 0 and none past it', () => {
    const values = Float32Array.of(1, -1, 0.25, -0.25, 0.5, 0);
    softThreshold(values, 0.5);
    expect([...values]).toEqual([0.5, -0.5, 0, 0, 0, 0]);
  });
});

describe('applyL1', () => {
  it('thresholds matrices by their own rate, and leaves vectors alone', () => {
    const parameters = {
      'a.weight': Float32Array.of(1, -2),
      'b.weight': Float32Array.of(1, -2),
      'a.bias': Float32Array.of(1, -2),
    };
    const shapes = { 'a.weight': [1, 2], 'b.weight': [2, 1], 'a.bias': [2] };
    applyL1(parameters, shapes, (name) => (name === 'a.weight' ? 0.5 : 0.25), 1);
    expect([...parameters['a.weight']]).toEqual([0.5, -1.5]);
    expect([...parameters['b.weight']]).toEqual([0.75, -1.75]);
    expect([...parameters['a.bias']]).toEqual([1, -2]);
  });

  it('descent with it zeroes what the loss does not need, and finds the minimum of the penalised loss', () => {
    // ½(w − 2)² + ½(v − 0.05)² + 0.3(|w| + |v|) has its minimum at (1.7, 0).
    const w = Float32Array.of(0.4, 0.4);
    for (let step = 0; step < 400; step++) {
      w[0]! -= 0.1 * (w[0]! - 2);
      w[1]! -= 0.1 * (w[1]! - 0.05);
      applyL1({ w }, { w: [1, 2] }, () => 0.1, 0.3);
    }
    expect(w[0]).toBeCloseTo(1.7, 4);
    expect(w[1]).toBe(0);
  });
});
