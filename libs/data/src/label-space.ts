import { invalidInput } from '@taxon/errors';
import { compareCodePoints } from './compare-code-points.ts';
import type { Example, Task, TaskDefinition } from './example.ts';
import { fineLabels } from './hierarchy-labels.ts';
import { countOf } from './note.ts';

/** What a model may answer: plain data. */
export interface LabelSpace {
  /** In the order of `Example.labels`; one model output a label, task after task. */
  tasks: Task[];
  /** Tasks are [coarse, fine]; `parents[fine index]` = index of its coarse label, never falling. */
  hierarchy?: { parents: number[] };
}

/** Of one example, by task: indices within the task, without labels outside the space; `undefined` where not known. */
export type LabelIndices = readonly (Int32Array | undefined)[];

type Labelled = Pick<Example, 'labels' | 'line'>;

/** The labels of task `t`, sorted by code point. */
const labelsOf = (examples: readonly Labelled[], t: number): string[] => {
  const labels = new Set<string>();
  for (const example of examples) for (const label of example.labels[t] ?? []) labels.add(label);
  return [...labels].sort(compareCodePoints);
};

/**
 * The labels of these examples, task by task, sorted by code point, so that the same classes always give the same outputs.
 * `hierarchical`: the two tasks are [coarse, fine], both single-label, and every fine label has one coarse label.
 * @throws TaxonError `invalid_input` when a hierarchy has other tasks, a fine label is met under two coarse labels or under none,
 *   or a coarse label has no fine one
 */
export const createLabelSpace = (
  examples: readonly Labelled[],
  tasks: readonly TaskDefinition[],
  { hierarchical = false }: { hierarchical?: boolean } = {},
): LabelSpace => {
  if (!hierarchical)
    return { tasks: tasks.map(({ name, kind }, t) => ({ name, kind, labels: labelsOf(examples, t) })) };
  const [coarse, fine] = tasks;
  if (
    coarse === undefined ||
    fine === undefined ||
    tasks.length > 2 ||
    tasks.some(({ kind }) => kind !== 'single-label')
  )
    throw invalidInput(
      `a hierarchy has two single-label tasks, coarse and fine; there are: ${tasks.map(({ name, kind }) => `${JSON.stringify(name)} (${kind})`).join(', ')}`,
      'Name two label columns, the coarse one first.',
    );
  const coarseLabels = labelsOf(examples, 0);
  const { labels, parents } = fineLabels(examples, tasks, coarseLabels);
  return {
    tasks: [
      { name: coarse.name, kind: coarse.kind, labels: coarseLabels },
      { name: fine.name, kind: fine.kind, labels },
    ],
    hierarchy: { parents },
  };
};

const indexOfTask = new WeakMap<readonly string[], Map<string, number>>();

const indexOf = ({ labels }: Pick<Task, 'labels'>): Map<string, number> => {
  let index = indexOfTask.get(labels);
  if (index === undefined) {
    index = new Map(labels.map((name, i) => [name, i]));
    indexOfTask.set(labels, index);
  }
  return index;
};

/** A label's index within the task, or −1 when the task does not hold it. Do not change `labels` after the first call. */
export const labelIndex = (task: Pick<Task, 'labels'>, label: string): number => indexOf(task).get(label) ?? -1;

/** The labels of every example as indices within their task. A label outside the space is left out: an unseen class is empty. */
export const encodeLabels = (space: LabelSpace, examples: readonly Pick<Example, 'labels'>[]): LabelIndices[] => {
  const indices = space.tasks.map(indexOf);
  return examples.map(({ labels }) =>
    indices.map((index, t) => {
      const known = labels[t];
      if (known === undefined) return undefined;
      return Int32Array.from(known.map((label) => index.get(label) ?? -1).filter((at) => at !== -1));
    }),
  );
};

/**
 * @param path named in the message
 * @throws TaxonError `invalid_input` when there are no examples, a single-label task has fewer than two classes, or a multi-label
 *   task has no label
 */
export const requireClasses = (examples: readonly Labelled[], path: string, tasks: readonly TaskDefinition[]): void => {
  if (examples.length === 0) throw invalidInput(`${path} holds no examples`, 'Training needs at least two classes.');
  tasks.forEach(({ name, kind }, t) => {
    const first = examples.find(({ labels }) => (labels[t]?.length ?? 0) > 0);
    const of = tasks.length > 1 ? ` of the task ${JSON.stringify(name)}` : '';
    if (first === undefined)
      throw invalidInput(`${path} holds no label${of}`, `Is ${JSON.stringify(name)} the right label column?`);
    const label = first.labels[t]![0]!;
    if (kind === 'multi-label' || examples.some(({ labels }) => labels[t]?.some((other) => other !== label))) return;
    const n = examples.filter(({ labels }) => labels[t] !== undefined).length;
    throw invalidInput(
      `${path} holds one class only${of}: ${JSON.stringify(label)} (${countOf(n, 'example')}, the first on line ${first.line})`,
      `Training needs examples of at least two classes. Is ${tasks.length > 1 ? JSON.stringify(name) : '--label-column'} the right one?`,
    );
  });
};
