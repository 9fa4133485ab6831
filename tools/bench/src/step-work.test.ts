import { describe, expect, it } from 'vitest';
import { productShapes, readStepWork, stepOperations } from './step-work.ts';

describe('the work of a step', () => {
  it('counts what the encoder weights cost', () => {
    const work = readStepWork({ model: 'minilm', length: '128', seconds: '1' }, 2);
    expect(work).toMatchObject({ rows: 32, layers: 6, hidden: 384, threads: 2 });
    // Three products (forward, two gradients) of 2 operations for each of 10,616,832 weights and 4,096 tokens.
    expect(stepOperations(work)).toBe(3 * 2 * 10_616_832 * 4096);
    expect(productShapes(work)).toContainEqual([4096, 384, 1536]);
  });

  it('names an unknown model and a row count out of range', () => {
    expect(() => readStepWork({ model: 'large' }, 2)).toThrow('--model large: must be one of minilm, base');
    expect(() => readStepWork({ model: 'base', rows: '0', length: '8', seconds: '1' }, 2)).toThrow(/--rows 0/u);
  });
});
