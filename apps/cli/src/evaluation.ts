import { addCoarseTask, readDataset, type Dataset, type Example, type LabelSpace, type TaskColumn } from '@taxon/data';
import { invalidInput } from '@taxon/errors';
import type { ScoredPart } from '@taxon/training';

/** A label that the model cannot answer, and the texts that carry it. */
export interface UnseenLabel {
  label: string;
  n: number;
}

export interface Evaluation {
  scored: ScoredPart;
  /** In the order of their first text. */
  unseen: UnseenLabel[];
}

/** Which column each task's labels stand in: `COLUMN` for a model of one task, `TASK=COLUMN` for one of several. */
const columnsByTask = (
  { tasks }: Pick<LabelSpace, 'tasks'>,
  given: readonly string[],
  otherTasks: readonly string[],
): string[] => {
  const columns = tasks.map(({ name }) => (tasks.length === 1 ? 'label' : name));
  for (const text of given) {
    const at = text.indexOf('=');
    const task = tasks.findIndex(({ name }) => name === text.slice(0, at));
    if (task < 0 && otherTasks.includes(text.slice(0, at))) continue;
    if (tasks.length > 1 && (at < 0 || task < 0))
      throw invalidInput(
        `--label-column ${text}: the model has the tasks ${tasks.map(({ name }) => name).join(', ')}`,
        `Say which one, e.g. --label-column ${tasks[0]!.name}=${text.slice(at + 1)}.`,
      );
    columns[Math.max(0, task)] = task < 0 ? text : text.slice(at + 1);
  }
  return columns;
};

export interface LabelledFileOptions {
  format?: 'csv' | 'tsv' | 'jsonl' | 'json';
  textColumn?: string;
  /** `COLUMN`, or `TASK=COLUMN` for models of several tasks. @default 'label', or the task's name */
  labelColumn?: readonly string[];
  /** Tasks of another model that the same options are for: columns of theirs are passed over. */
  otherTasks?: readonly string[];
  labelSeparator?: string;
  sourceColumn?: string;
  /** Of a model for sentence pairs. */
  pairColumn?: string;
  signal?: AbortSignal;
}

/**
 * Reads a file labelled as a model's tasks ask for. Of a hierarchy only the fine labels are read: the coarse ones follow.
 * @throws TaxonError as `readDataset` does
 */
export const readLabelledFile = async (
  path: string,
  { tasks, hierarchy }: LabelSpace,
  { labelColumn = [], otherTasks = [], ...options }: LabelledFileOptions,
): Promise<Dataset> => {
  const read = hierarchy === undefined ? tasks : [tasks[1]!];
  const columns = columnsByTask({ tasks: read }, labelColumn, otherTasks);
  const dataset = await readDataset(path, {
    ...options,
    tasks: read.map(({ kind }, task): TaskColumn => ({ column: columns[task]!, kind })),
  });
  if (hierarchy === undefined) return dataset;
  const [coarse, fine] = tasks as [LabelSpace['tasks'][0], LabelSpace['tasks'][0]];
  const parentOf = new Map(fine.labels.map((label, i) => [label, coarse.labels[hierarchy.parents[i]!]!]));
  return { ...dataset, examples: addCoarseTask(dataset.examples, parentOf, { lenient: true }) };
};

/** Labels of the examples that the model does not have. */
export const unseenLabels = (examples: readonly Example[], { tasks }: LabelSpace): UnseenLabel[] => {
  const known = tasks.map(({ labels }) => new Set(labels));
  const counts = new Map<string, number>();
  for (const { labels } of examples)
    labels.forEach((own, task) => {
      for (const label of own ?? []) if (!known[task]!.has(label)) counts.set(label, (counts.get(label) ?? 0) + 1);
    });
  return [...counts].map(([label, n]) => ({ label, n }));
};
