import type { Example } from './example.ts';
import { groupByText } from './text-groups.ts';

/** A label of a task that must have its share of every part; an empty label stands for the texts that have none. */
export interface Stratum {
  task: number;
  label: string;
}

/** Examples that must stay together: copies of a text. */
export interface Unit {
  /** Indices, rising. */
  examples: readonly number[];
  /** Distinct strata of its examples, and how many of them are in each. */
  keys: readonly number[];
  counts: readonly number[];
}

export interface Strata {
  /** By key, in the order of first appearance. */
  strata: Stratum[];
  /** By example. */
  keys: number[][];
  units: Unit[];
}

const unitOf = (examples: readonly number[], keys: readonly (readonly number[])[]): Unit => {
  const [first] = examples;
  if (examples.length === 1) return { examples, keys: keys[first!]!, counts: keys[first!]!.map(() => 1) };
  const counts = new Map<number, number>();
  for (const i of examples) for (const key of keys[i]!) counts.set(key, (counts.get(key) ?? 0) + 1);
  return { examples, keys: [...counts.keys()], counts: [...counts.values()] };
};

/**
 * What the examples are stratified by: every known label of every task. Of a hierarchy [coarse, fine] only the fine label counts, which
 * tells the coarse one, and the coarse one where no fine label is known.
 */
export const strataOf = (examples: readonly Example[], hierarchical: boolean): Strata => {
  const strata: Stratum[] = [];
  const keyOf: Map<string, number>[] = [];
  const intern = (task: number, label: string): number => {
    const own = (keyOf[task] ??= new Map());
    let key = own.get(label);
    if (key === undefined) {
      key = strata.push({ task, label }) - 1;
      own.set(label, key);
    }
    return key;
  };
  const keys = examples.map(({ labels }) => {
    const own: number[] = [];
    labels.forEach((known, task) => {
      if (known === undefined || (hierarchical && task === 0 && labels[1] !== undefined)) return;
      if (known.length === 0) own.push(intern(task, ''));
      for (const label of known) own.push(intern(task, label));
    });
    return own;
  });
  return { strata, keys, units: groupByText(examples).map((group) => unitOf(group, keys)) };
};
