import type { LabelSpace } from '@taxon/data';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { averageLogits } from './average-logits.ts';
import { createDecider } from './decision.ts';
import { countOutputs } from './output-groups.ts';

const spaces: Record<string, LabelSpace> = {
  'a softmax and sigmoids': {
    tasks: [
      { name: 'a', kind: 'single-label', labels: ['x', 'y', 'z'] },
      { name: 'b', kind: 'multi-label', labels: ['p', 'q'] },
    ],
  },
  'a hierarchy': {
    tasks: [
      { name: 'coarse', kind: 'single-label', labels: ['a', 'b'] },
      { name: 'fine', kind: 'single-label', labels: ['a1', 'a2', 'b1', 'b2', 'b3'] },
    ],
    hierarchy: { parents: [0, 0, 1, 1, 1] },
  },
};

const logit = fc.double({ min: -80, max: 80, noNaN: true }).map(Math.fround);

describe.each(Object.entries(spaces))('the mean of members: %s', (_, space) => {
  const outputs = countOutputs(space);
  const texts = 2;
  const members = fc.array(
    fc.array(logit, { minLength: texts * outputs, maxLength: texts * outputs }).map((row) => Float32Array.from(row)),
    { minLength: 1, maxLength: 4 },
  );

  it('has the mean of their probabilities in every task', () => {
    const decide = createDecider(space);
    fc.assert(
      fc.property(members, (logits) => {
        const mean = averageLogits(space, logits);
        for (let text = 0; text < texts; text++) {
          const row = (values: Float32Array): Float32Array => values.subarray(text * outputs, (text + 1) * outputs);
          const own = logits.map((values) => decide(row(values)));
          decide(row(mean)).forEach(({ probabilities }, task) =>
            probabilities.forEach((p, label) => {
              const expected = own.reduce((sum, answers) => sum + answers[task]!.probabilities[label]!, 0) / own.length;
              expect(p).toBeCloseTo(expected, 5);
            }),
          );
        }
      }),
    );
  });

  it('stays a number at logits of ±1e4', () => {
    const extreme = [1, -1].map((sign) =>
      Float32Array.from({ length: outputs }, (__, i) => sign * (i % 2 === 0 ? 1e4 : -1e4)),
    );
    for (const value of averageLogits(space, extreme)) expect(Number.isFinite(value)).toBe(true);
  });
});
