import type { LabelIndices, LabelSpace } from '@taxon/data';
import { logSumExp } from '@taxon/probability';
import { outputGroups, taskOffsets } from '@taxon/models';

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

/** Logits [texts, C] whose fine ones are log p(coarse) + log p(fine | coarse): one softmax over all fine labels. */
const jointLogits = (logits: Float32Array, space: LabelSpace): Float32Array => {
  const groups = outputGroups(space);
  const outputs = groups.at(-1)!.end;
  const joint = Float32Array.from(logits);
  for (let at = 0; at < joint.length; at += outputs) {
    const row = joint.subarray(at, at + outputs);
    for (const { begin, end, parent } of groups) {
      const normalizer = logSumExp(row.subarray(begin, end));
      const above = parent === undefined ? 0 : row[parent]!; // the coarse group came first
      for (let c = begin; c < end; c++) row[c]! += above - normalizer;
    }
  }
  return joint;
};

/**
 * One task's logits; of the fine task of a hierarchy the logarithms of its joint probabilities.
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
  const comparable = space.hierarchy !== undefined && task === 1 ? jointLogits(logits, space) : logits;
  const own = new Float32Array(texts.length * names.length);
  texts.forEach((text, i) => {
    const begin = text * outputs + offsets[task]!;
    own.set(comparable.subarray(begin, begin + names.length), i * names.length);
  });
  if (kind === 'single-label') {
    const expected = Int32Array.from(texts, (text) => labels[text]![task]![0] ?? -1);
    return { kind, texts, logits: own, expected };
  }
  const expected = new Uint8Array(own.length);
  texts.forEach((text, i) => labels[text]![task]!.forEach((label) => (expected[i * names.length + label] = 1)));
  return { kind, texts, logits: own, expected };
};
