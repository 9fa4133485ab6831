import type { LabelSpace } from '@taxon/data';

/** Outputs of the linear layer that belong together: those of one softmax, or labels that are each right or wrong on their own. */
export interface OutputGroup {
  /** Index into the label space's tasks. */
  task: number;
  kind: 'softmax' | 'sigmoid';
  /** First output of the group. */
  begin: number;
  /** One past its last. */
  end: number;
  /** The coarse label whose fine labels these are; absent outside hierarchies. */
  parent?: number;
}

/** First output of every task; one more entry tells how many there are in all. */
export const taskOffsets = ({ tasks }: LabelSpace): number[] => {
  const offsets = [0];
  for (const { labels } of tasks) offsets.push(offsets.at(-1)! + labels.length);
  return offsets;
};

/** How many logits a model of these labels has. */
export const countOutputs = (space: LabelSpace): number => taskOffsets(space).at(-1)!;

/**
 * The groups of a label space, side by side in the order of its tasks. A task is one group; the fine task of a hierarchy is one
 * group for each coarse label, so that its fine labels share a softmax.
 */
export const outputGroups = (space: LabelSpace): OutputGroup[] => {
  const offsets = taskOffsets(space);
  return space.tasks.flatMap(({ kind, labels }, task): OutputGroup[] => {
    const begin = offsets[task]!;
    if (space.hierarchy === undefined || task === 0)
      return [{ task, kind: kind === 'multi-label' ? 'sigmoid' : 'softmax', begin, end: begin + labels.length }];
    const { parents } = space.hierarchy;
    return space.tasks[0]!.labels.flatMap((_, parent): OutputGroup[] => {
      const first = parents.indexOf(parent);
      if (first < 0) return []; // a coarse label that no text refines
      return [{ task, kind: 'softmax', begin: begin + first, end: begin + parents.lastIndexOf(parent) + 1, parent }];
    });
  });
};

/** A name for every output, all different: labels, with their task in front where there are several tasks. */
export const outputNames = ({ tasks }: LabelSpace): string[] =>
  tasks.flatMap(({ name, labels }) => (tasks.length === 1 ? labels : labels.map((label) => `${name}/${label}`)));
