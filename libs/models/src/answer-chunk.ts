import type { LabelSpace } from '@taxon/data';
import type { Answers, Chunk } from './classifier-messages.ts';
import { createDecider, type DecisionRule } from './decision.ts';
import { countOutputs } from './output-groups.ts';
import { rankLabels } from './rank-labels.ts';

/** Answers to a chunk while they come in, text by text. */
export interface OpenAnswers {
  /** @returns all answers, once the last text has got its own */
  set(text: number, logits: Float32Array): Answers | undefined;
}

/** Labels told of every task: of a multi-label one all, since any number of them may be the answer. */
export const toldLabels = ({ tasks }: LabelSpace, wanted: number): number[] =>
  tasks.map(({ kind, labels }) => (kind === 'multi-label' ? labels.length : Math.min(wanted, labels.length)));

export const openAnswers = (
  { texts, wanted }: Chunk,
  encoded: readonly { ids: Int32Array; truncated: boolean }[],
  { space, rule }: { space: LabelSpace; rule: DecisionRule },
): OpenAnswers => {
  const widths = wanted === 'logits' ? [countOutputs(space)] : toldLabels(space, wanted);
  const width = widths.reduce((a, b) => a + b, 0);
  const decide = createDecider(space, rule);
  const answers: Answers = {
    tokens: Int32Array.from(encoded, ({ ids }) => ids.length),
    truncated: Uint8Array.from(encoded, ({ truncated }) => Number(truncated)),
    scores: new Float32Array(texts.length * width),
    ...(wanted === 'logits'
      ? {}
      : {
          order: new Int32Array(texts.length * width),
          given: new Int32Array(texts.length * space.tasks.length),
        }),
  };
  let left = texts.length;
  const rank = (text: number, logits: Float32Array, order: Int32Array, given: Int32Array): void => {
    let at = text * width;
    decide(logits).forEach((answer, task) => {
      const end = at + widths[task]!;
      rankLabels(answer, order.subarray(at, end), answers.scores.subarray(at, end));
      given[text * widths.length + task] = answer.answer.length;
      at = end;
    });
  };
  return {
    set(text, logits) {
      if (answers.order && answers.given) rank(text, logits, answers.order, answers.given);
      else answers.scores.set(logits, text * width);
      left -= 1;
      return left === 0 ? answers : undefined;
    },
  };
};

/** Buffers that move to the other thread with the answers. */
export const buffersOf = ({ tokens, truncated, order, given, scores }: Answers): ArrayBuffer[] => [
  tokens.buffer,
  truncated.buffer,
  scores.buffer,
  ...(order ? [order.buffer] : []),
  ...(given ? [given.buffer] : []),
];
