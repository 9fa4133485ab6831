import type { LabelSpace } from '@taxon/data';
import { indexOfLargest, logSumExp, sigmoid } from '@taxon/probability';
import { outputGroups, taskOffsets, type OutputGroup } from './output-groups.ts';

/** How a task's logits become its answer. */
export interface TaskRule {
  /** Multi-label: a label is given from this probability on, one a label. @default 0.5 each */
  thresholds?: number[];
  /** Single-label: below this probability of the best label there is no answer. @default 0, always answer */
  abstainBelow?: number;
}

/** How logits become answers: what a model folder keeps beside its weights. */
export interface DecisionRule {
  /**
   * Of a hierarchy. `joint`: the fine label of highest p(coarse)·p(fine | coarse); `greedy`: the best fine label of the best coarse
   * one. @default 'joint'
   */
  decoding?: 'joint' | 'greedy';
  /** One a task. @default no task has rules */
  tasks?: TaskRule[];
}

/** What a model says about a text in one task. */
export interface TaskAnswer {
  /** [labels] 0..1: softmax or sigmoid; of a fine label p(coarse)·p(fine | coarse). */
  probabilities: Float64Array;
  /** Indices of the labels that it answers, most probable first; one in a single-label task, or none where it abstains. */
  answer: number[];
}

/** softmax of a group's logits into `into` at `at`, times `factor`. */
const softmax = (
  logits: Float32Array,
  { begin, end }: OutputGroup,
  into: Float64Array,
  at: number,
  factor = 1,
): void => {
  const own = logits.subarray(begin, end);
  const normalizer = logSumExp(own);
  own.forEach((logit, i) => (into[at + i] = factor * Math.exp(logit - normalizer)));
};

/** A function from one text's logits [C] to its answers, one a task. */
export const createDecider = (
  space: LabelSpace,
  { decoding = 'joint', tasks: rules = [] }: DecisionRule = {},
): ((logits: Float32Array) => TaskAnswer[]) => {
  const groups = outputGroups(space);
  const offsets = taskOffsets(space);
  const ownGroups = space.tasks.map((_, task) => groups.filter((group) => group.task === task));

  const multiLabel = (logits: Float32Array, task: number): TaskAnswer => {
    const [{ begin, end }] = ownGroups[task] as [OutputGroup];
    const probabilities = Float64Array.from({ length: end - begin }, (_, i) => sigmoid(logits[begin + i]!));
    const { thresholds } = rules[task] ?? {};
    const answer = [...probabilities.keys()].filter((i) => probabilities[i]! >= (thresholds?.[i] ?? 0.5));
    return { probabilities, answer: answer.sort((a, b) => probabilities[b]! - probabilities[a]! || a - b) };
  };
  const singleLabel = (logits: Float32Array, task: number): TaskAnswer => {
    const probabilities = new Float64Array(offsets[task + 1]! - offsets[task]!);
    softmax(logits, ownGroups[task]![0]!, probabilities, 0);
    const label = indexOfLargest(probabilities);
    return { probabilities, answer: probabilities[label]! >= (rules[task]?.abstainBelow ?? 0) ? [label] : [] };
  };
  const hierarchical = (logits: Float32Array, parents: readonly number[]): TaskAnswer[] => {
    const coarse = singleLabel(logits, 0);
    const probabilities = new Float64Array(parents.length);
    const fineBegin = offsets[1]!;
    for (const group of ownGroups[1]!)
      softmax(logits, group, probabilities, group.begin - fineBegin, coarse.probabilities[group.parent!]);
    const ofBest = ownGroups[1]!.find(({ parent }) => parent === indexOfLargest(coarse.probabilities));
    const fine =
      decoding === 'greedy' && ofBest !== undefined
        ? ofBest.begin -
          fineBegin +
          indexOfLargest(probabilities.subarray(ofBest.begin - fineBegin, ofBest.end - fineBegin))
        : indexOfLargest(probabilities);
    const answers = (label: number, ofCoarse: number): boolean =>
      probabilities[label]! >= (rules[1]?.abstainBelow ?? 0) &&
      coarse.probabilities[ofCoarse]! >= (rules[0]?.abstainBelow ?? 0);
    const given = answers(fine, parents[fine]!);
    return [
      { probabilities: coarse.probabilities, answer: given ? [parents[fine]!] : [] },
      { probabilities, answer: given ? [fine] : [] },
    ];
  };

  return (logits) =>
    space.hierarchy !== undefined
      ? hierarchical(logits, space.hierarchy.parents)
      : space.tasks.map(({ kind }, task) =>
          kind === 'multi-label' ? multiLabel(logits, task) : singleLabel(logits, task),
        );
};
