import { describe, expect, it } from 'vitest';
import { productShapes, readStepWorks, stepOperations, tokensOf } from './step-work.ts';

const options = { length: '128', seconds: '1' };

describe('the works of a step', () => {
  it('are a model and its tokens, each once', () => {
    const works = readStepWorks({ ...options, works: 'minilm-4096,base-1024,minilm-4096' }, 2);
    expect(works).toMatchObject([
      { name: 'minilm-4096', rows: 32, layers: 6, hidden: 384, threads: 2 },
      { name: 'base-1024', rows: 8, layers: 12, hidden: 768 },
    ]);
    expect(works.map(tokensOf)).toEqual([4096, 1024]);
  });

  it('count what the encoder weights cost', () => {
    const [work] = readStepWorks({ ...options, works: 'minilm-4096' }, 2);
    // Three products (forward, two gradients) of 2 operations for each of 10,616,832 weights and 4,096 tokens.
    expect(stepOperations(work!)).toBe(3 * 2 * 10_616_832 * 4096);
    expect(productShapes(work!, 1024)).toEqual(
      expect.arrayContaining([
        [4096, 384, 1536],
        [1024, 384, 1536],
      ]),
    );
    expect(productShapes(work!, 4096)).toHaveLength(4);
  });

  it('are refused by name where they are unknown or do not fill rows', () => {
    const read = (works: string) => () => readStepWorks({ ...options, works }, 2);
    expect(read('large-1024')).toThrow(
      '--works large-1024: must be MODEL-TOKENS, as minilm-1024; models: minilm, base',
    );
    expect(read('minilm')).toThrow('--works minilm: must be MODEL-TOKENS');
    expect(read('base-0')).toThrow(/--works 0/u);
    expect(read('base-1000')).toThrow('1000 tokens are no whole number of rows of 128');
  });
});
