import { describe, expect, it } from 'vitest';
import { evaluatePredictions } from './evaluation.ts';

const example = (text: string, label: string, line: number) => ({ text, label, line });
const answer = (label: string, probability = 0.9) => ({
  labels: [{ label, probability }],
  tokens: 4,
  truncated: false,
});

describe('evaluatePredictions', () => {
  const examples = [
    example('money back', 'refund', 2),
    example('where is it', 'delay', 3),
    example('late again', 'delay', 4),
    example('hello', 'greeting', 5),
  ];
  const answers = [answer('refund'), answer('delay'), answer('refund', 0.6), answer('delay', 0.7)];
  const evaluation = evaluatePredictions(examples, answers, ['delay', 'refund']);

  it('scores a label that the model does not know as an error', () => {
    expect(evaluation.metrics).toMatchObject({ n: 4, accuracy: 0.5 });
    expect(evaluation.unseen).toEqual([{ label: 'greeting', n: 1 }]);
    expect(evaluation.metrics.perClass.find(({ label }) => label === 'greeting')).toMatchObject({ f1: 0, support: 1 });
  });

  it('lists the mistakes with their lines', () => {
    expect(evaluation.mistakes).toEqual([
      { text: 'late again', line: 4, expected: 'delay', predicted: 'refund', probability: 0.6 },
      { text: 'hello', line: 5, expected: 'greeting', predicted: 'delay', probability: 0.7 },
    ]);
  });

  it('counts the confusions', () => {
    expect(evaluation.confusion.labels).toEqual(['delay', 'refund', 'greeting']);
    expect(evaluation.confusion.cells.reduce((sum, { count }) => sum + count, 0)).toBe(4);
  });
});
