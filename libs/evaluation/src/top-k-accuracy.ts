import { checkClasses, ratio, sameLength } from './shapes.ts';

/** Share of texts whose right label is among the k best. */
export interface TopKAccuracy {
  k: number;
  accuracy: number;
}

/**
 * Share of texts whose right label is among the k best. Of equal scores the lower index counts as better, as for the answer
 * itself, so that k = 1 is accuracy. A label unseen in training (−1) is a miss. O(texts · labels).
 * @param logits or probabilities: [texts, labels]
 * @param expected [texts]
 */
export const topKAccuracy = (
  logits: Float32Array,
  expected: Int32Array,
  classes: number,
  ks: readonly number[] = [1, 3, 5],
): TopKAccuracy[] => {
  sameLength('expected × labels', { length: expected.length * classes }, 'logits', logits);
  checkClasses(expected, classes);
  const places = new Uint32Array(classes);
  expected.forEach((label, text) => {
    if (label < 0) return;
    const row = logits.subarray(text * classes, (text + 1) * classes);
    const score = row[label]!;
    let better = 0;
    for (let other = 0; other < classes; other++)
      if (row[other]! > score || (row[other] === score && other < label)) better += 1;
    places[better]! += 1;
  });
  return ks.map((k) => ({
    k,
    accuracy: ratio(
      places.subarray(0, k).reduce((sum, x) => sum + x, 0),
      expected.length,
    ),
  }));
};
