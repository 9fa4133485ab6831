import { rowsOf, sameLength } from './shapes.ts';

/** Right and given labels of a multi-label classifier; 1 = carries the label. */
export interface MultiLabelAnswers {
  /** Names of the columns. */
  labels: readonly string[];
  /** [texts, labels] */
  expected: Uint8Array;
  /** [texts, labels] */
  predicted: Uint8Array;
}

/**
 * Texts of these answers.
 * @throws RangeError for arrays that do not fit together: a bug of the caller
 */
export const checkAnswers = ({ labels, expected, predicted }: MultiLabelAnswers): number => {
  sameLength('expected', expected, 'predicted', predicted);
  return rowsOf('expected', expected, labels.length);
};

/** Gives a label where its logit is not below the threshold: one for all, or one for each label. [texts, labels] */
export const applyThresholds = (
  logits: Float32Array,
  classes: number,
  thresholds: number | ArrayLike<number>,
): Uint8Array => {
  rowsOf('logits', logits, classes);
  const cuts = typeof thresholds === 'number' ? new Float64Array(classes).fill(thresholds) : thresholds;
  if (cuts.length !== classes) throw new RangeError(`${cuts.length} thresholds for ${classes} labels`);
  const predicted = new Uint8Array(logits.length);
  for (let begin = 0; begin < logits.length; begin += classes)
    for (let label = 0; label < classes; label++)
      predicted[begin + label] = Number(logits[begin + label]! >= cuts[label]!);
  return predicted;
};

/**
 * Adds columns for labels that texts carry and training never saw: never given, so each counts as missed.
 * @param unseen such labels of every text: [texts]
 */
export const withUnseenLabels = (
  answers: MultiLabelAnswers,
  unseen: readonly (readonly string[])[],
): MultiLabelAnswers => {
  const n = checkAnswers(answers);
  const width = answers.labels.length;
  if (width > 0 && unseen.length !== n)
    throw new RangeError(`unseen labels of ${unseen.length} texts, but ${n} answers`);
  const labels = [...new Set([...answers.labels, ...unseen.flat()])];
  if (labels.length === width) return answers;
  const columns = new Map(labels.map((label, column) => [label, column]));
  const widen = (values: Uint8Array): Uint8Array => {
    const wide = new Uint8Array(unseen.length * labels.length);
    for (let text = 0; text < n; text++)
      wide.set(values.subarray(text * width, (text + 1) * width), text * labels.length);
    return wide;
  };
  const expected = widen(answers.expected);
  unseen.forEach((names, text) => {
    for (const name of names) expected[text * labels.length + columns.get(name)!] = 1;
  });
  return { labels, expected, predicted: widen(answers.predicted) };
};
