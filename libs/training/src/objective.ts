import type { LabelIndices } from '@taxon/data';
import type { HeadConfig, OutputGroup } from '@taxon/models';
import type { GroupLossOptions, LossGroup } from './losses/group-losses.ts';

/** What training makes small: how the logits are cut into groups, and the loss of each. */
export interface Objective {
  groups: readonly LossGroup[];
  loss: GroupLossOptions;
  /** Weight of the divergence between two passes with different dropout (R-Drop). @default 0, one pass */
  rDrop?: number;
  /** Supervised contrastive loss of the features, of the groups' targets taken together. @default none */
  contrastive?: { weight: number; temperature: number };
}

/** What is right for one text, sparse: which of the C outputs are 1, and of which groups nothing is known. */
export interface TextTargets {
  outputs: Int32Array;
  /** Groups that do not count for this text. */
  unknown: readonly number[];
}

/** Cross-entropy over `classes` labels, of which every text has one. */
export const singleLabelObjective = (classes: number): Objective => ({
  groups: [{ kind: 'softmax', begin: 0, end: classes, weight: 1 }],
  loss: {},
});

/** What is made small where nothing else is said: cross-entropy over the head's classes. */
export const objectiveOf = ({ objective, head }: { objective?: Objective; head: HeadConfig }): Objective =>
  objective ?? singleLabelObjective(head.classes);

/** Targets of texts that have one label each. */
export const singleLabelTargets = (labels: Iterable<number>): TextTargets[] =>
  Array.from(labels, (label) => ({ outputs: Int32Array.of(label), unknown: [] }));

/** Which group of each output, and which groups a text's labels leave unknown. */
const targetsOf = (labels: LabelIndices, groups: readonly OutputGroup[], offsets: readonly number[]): TextTargets => {
  const outputs = labels.flatMap((own, task) => Array.from(own ?? [], (label) => offsets[task]! + label));
  const coarse = labels[0]?.[0];
  const unknown = groups.flatMap(({ task, kind, begin, end, parent }, g) => {
    const without = labels[task] === undefined || (parent !== undefined && parent !== coarse);
    // A softmax without a right answer has nothing to learn from: the label is one that training never saw.
    const unanswerable = kind === 'softmax' && !outputs.some((output) => output >= begin && output < end);
    return without || unanswerable ? [g] : [];
  });
  return { outputs: Int32Array.from(outputs), unknown };
};

/** The targets of texts from their labels. */
export const textTargets = (
  labels: readonly LabelIndices[],
  groups: readonly OutputGroup[],
  offsets: readonly number[],
): TextTargets[] => labels.map((own) => targetsOf(own, groups, offsets));

/** Writes targets into row `row` of `into` [N, C], and which groups count into `known` [N, G]. Rows are 0 before. */
export const writeTargets = (
  { outputs, unknown }: TextTargets,
  row: number,
  into: Float32Array,
  known: Float32Array,
  { groups }: Objective,
): void => {
  const classes = groups.at(-1)!.end;
  for (const output of outputs) into[row * classes + output] = 1;
  known.fill(1, row * groups.length, (row + 1) * groups.length);
  for (const group of unknown) known[row * groups.length + group] = 0;
};
