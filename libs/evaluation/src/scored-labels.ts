/** Labels met in an evaluation: the model's own, then those that training never saw. */
export interface ScoredLabels {
  /** The model's labels in their order, then the unseen ones in order of appearance. */
  names: string[];
  /** Index into `names` of every text's right label: shape [texts]. */
  expected: Int32Array;
}

/** The name of the class that stands for all unseen labels when the caller does not name them. */
export const unseenName = '(label unseen in training)';

/**
 * Gives every unseen label (expected = −1) a class of its own.
 * @param unseenLabels one for each −1 in `expected`, in order; without them, all share one class
 * @throws RangeError for arrays that do not fit together: a bug of the caller
 */
export const scoredLabels = (
  expected: Int32Array,
  predicted: Int32Array,
  labels: readonly string[],
  unseenLabels: readonly string[] | undefined,
): ScoredLabels => {
  if (expected.length !== predicted.length)
    throw new RangeError(`${expected.length} expected labels, but ${predicted.length} predicted ones`);
  const names = [...labels];
  const indexOf = new Map(labels.map((label, i) => [label, i]));
  let unseen = 0;
  const all = expected.map((label, i) => {
    const answer = predicted[i]!;
    if (answer < 0 || answer >= labels.length)
      throw new RangeError(`text ${i} has the prediction ${answer}; there are ${labels.length} labels`);
    if (label >= labels.length || label < -1)
      throw new RangeError(`text ${i} expects label ${label}; there are ${labels.length} labels`);
    if (label >= 0) return label;
    const name = unseenLabels === undefined ? unseenName : unseenLabels[unseen++];
    if (name === undefined) throw new RangeError(`unseenLabels holds ${unseenLabels?.length ?? 0} names, too few`);
    const known = indexOf.get(name);
    if (known !== undefined && known < labels.length)
      throw new RangeError(`${JSON.stringify(name)} is given as an unseen label, but the model knows it`);
    if (known !== undefined) return known;
    indexOf.set(name, names.length);
    return names.push(name) - 1;
  });
  if (unseenLabels !== undefined && unseen !== unseenLabels.length)
    throw new RangeError(`unseenLabels holds ${unseenLabels.length} names for ${unseen} texts`);
  return { names, expected: all };
};
