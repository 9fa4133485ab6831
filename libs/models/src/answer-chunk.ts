import type { Answers, Chunk } from './classifier-messages.ts';
import { rankLabels } from './rank-labels.ts';

/** Answers to a chunk while they come in, text by text. */
export interface OpenAnswers {
  /** @returns all answers, once the last text has got its own */
  set(text: number, logits: Float32Array): Answers | undefined;
}

export const openAnswers = (
  { texts, wanted }: Chunk,
  encoded: readonly { ids: Int32Array; truncated: boolean }[],
  classes: number,
): OpenAnswers => {
  const width = wanted === 'logits' ? classes : Math.min(wanted, classes);
  const answers: Answers = {
    tokens: Int32Array.from(encoded, ({ ids }) => ids.length),
    truncated: Uint8Array.from(encoded, ({ truncated }) => Number(truncated)),
    scores: new Float32Array(texts.length * width),
    ...(wanted === 'logits' ? {} : { order: new Int32Array(texts.length * width) }),
  };
  let left = texts.length;
  return {
    set(text, logits) {
      const scores = answers.scores.subarray(text * width, (text + 1) * width);
      if (answers.order) rankLabels(logits, answers.order.subarray(text * width, (text + 1) * width), scores);
      else scores.set(logits);
      left -= 1;
      return left === 0 ? answers : undefined;
    },
  };
};

/** Buffers that move to the other thread with the answers. */
export const buffersOf = ({ tokens, truncated, order, scores }: Answers): ArrayBuffer[] => [
  tokens.buffer,
  truncated.buffer,
  scores.buffer,
  ...(order ? [order.buffer] : []),
];
