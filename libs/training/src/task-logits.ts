import type { LabelIndices, LabelSpace } from '@taxon/data';
import { taskOffsets } from '@taxon/models';

/** One task's part of the logits, for the texts whose labels are known, with what is right. */
export type TaskLogits = {
  /** Indices of the texts. */
  texts: number[];
  /** [texts, labels] */
  logits: Float32Array;
} & (
  | {
      kind: 'single-label';
      /** [texts] index of the right label, −1 where training never saw it */
      expected: Int32Array;
    }
  | {
      kind: 'multi-label';
      /** [texts, labels] */
      expected: Uint8Array;
    }
);

/**
 * @param logits [all texts, C]
 * @param labels of all texts
 */
export const taskLogits = (
  logits: Float32Array,
  labels: readonly LabelIndices[],
  space: LabelSpace,
  task: number,
): TaskLogits => {
  const offsets = taskOffsets(space);
  const outputs = offsets.at(-1)!;
  const { kind, labels: names } = space.tasks[task]!;
  const texts = [...labels.keys()].filter((i) => labels[i]![task] !== undefined);
  const own = new Float32Array(texts.length * names.length);
  texts.forEach((text, i) => {
    const begin = text * outputs + offsets[task]!;
    own.set(logits.subarray(begin, begin + names.length), i * names.length);
  });
  if (kind === 'single-label') {
    const expected = Int32Array.from(texts, (text) => labels[text]![task]![0] ?? -1);
    return { kind, texts, logits: own, expected };
  }
  const expected = new Uint8Array(own.length);
  texts.forEach((text, i) => labels[text]![task]!.forEach((label) => (expected[i * names.length + label] = 1)));
  return { kind, texts, logits: own, expected };
};
