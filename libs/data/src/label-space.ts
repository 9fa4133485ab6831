import { invalidInput } from '@taxon/errors';
import { compareCodePoints } from './compare-code-points.ts';
import { countOf } from './note.ts';
import type { Example } from './read-dataset.ts';

/** Exactly one label a text. */
export interface SingleLabelSpace {
  kind: 'single-label';
  /** Index = the model's output. Distinct; sorted by code point when made by `createLabelSpace`. */
  labels: string[];
}

/** What a model may answer: plain data, told apart by `kind`. Multi-label and hierarchical spaces join this union. */
export type LabelSpace = SingleLabelSpace;

const indexOfSpace = new WeakMap<readonly string[], Map<string, number>>();

/** The labels of these examples, sorted by code point, so that the same classes always give the same outputs. */
export const createLabelSpace = (examples: Iterable<Pick<Example, 'label'>>): SingleLabelSpace => {
  const labels = new Set<string>();
  for (const { label } of examples) labels.add(label);
  return { kind: 'single-label', labels: [...labels].sort(compareCodePoints) };
};

/** A label's index in the space, or −1 when the space does not hold it. Do not change `labels` after the first call. */
export const labelIndex = (space: LabelSpace, label: string): number => {
  let index = indexOfSpace.get(space.labels);
  if (index === undefined) {
    index = new Map(space.labels.map((name, i) => [name, i]));
    indexOfSpace.set(space.labels, index);
  }
  return index.get(label) ?? -1;
};

/** `labelIndex` of every example: shape [examples], −1 for labels outside the space. */
export const encodeLabels = (space: LabelSpace, examples: readonly Pick<Example, 'label'>[]): Int32Array =>
  Int32Array.from(examples, ({ label }) => labelIndex(space, label));

/**
 * @param path named in the message
 * @throws TaxonError `invalid_input` when the examples hold fewer than two classes
 */
export const requireClasses = (examples: readonly Example[], path: string): void => {
  const [first] = examples;
  if (first === undefined) throw invalidInput(`${path} holds no examples`, 'Training needs at least two classes.');
  if (examples.some(({ label }) => label !== first.label)) return;
  throw invalidInput(
    `${path} holds one class only: ${JSON.stringify(first.label)} (${countOf(examples.length, 'example')}, the first on line ${first.line})`,
    'Training needs examples of at least two classes. Is --label-column the right one?',
  );
};
