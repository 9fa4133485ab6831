import type { LabelSpace } from '@taxon/data';
import { sigmoid, softmaxes } from '@taxon/probability';
import { describe, expect, it } from 'vitest';
import { groupShares, meanAnswers } from './mean-answers.ts';

const space = (kind: 'single-label' | 'multi-label'): LabelSpace => ({
  tasks: [{ name: 'label', kind, labels: ['a', 'b', 'c'] }],
});
const [first, second] = [Float32Array.of(2, -1, 0.5), Float32Array.of(-3, 4, 0)];

describe('the answer of several teachers', () => {
  it.each([1, 3])('has the weighted mean of their probabilities, at temperature %d', (T) => {
    const softmax = (logits: Float32Array): Float32Array => softmaxes(logits, 3, T);
    const mean = softmax(meanAnswers(space('single-label'), [first, second], [0.25, 0.75], T));
    mean.forEach((p, i) => expect(p).toBeCloseTo(0.25 * softmax(first)[i]! + 0.75 * softmax(second)[i]!, 5));
    const tags = meanAnswers(space('multi-label'), [first, second], [0.25, 0.75], T);
    const p = (logits: Float32Array, i: number): number => sigmoid(logits[i]! / T);
    tags.forEach((_, i) => expect(p(tags, i)).toBeCloseTo(0.25 * p(first, i) + 0.75 * p(second, i), 5));
  });

  it('of a hierarchy counts the fine labels by the probability of their coarse one', () => {
    const levels: LabelSpace = {
      tasks: [
        { name: 'coarse', kind: 'single-label', labels: ['A', 'B'] },
        { name: 'fine', kind: 'single-label', labels: ['a1', 'a2', 'b1', 'b2'] },
      ],
      hierarchy: { parents: [0, 0, 1, 1] },
    };
    const shares = groupShares(levels, Float32Array.of(Math.log(3), 0, 5, 1, 2, 2), 1);
    [1, 0.75, 0.25].forEach((share, i) => expect(shares[i]).toBeCloseTo(share, 6));
  });
});
