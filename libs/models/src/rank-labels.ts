/**
 * Classes of one text by probability, best first; equal ones in the order of the labels.
 * @param logits [classes]
 * @param order written: [wanted] classes
 * @param probabilities written: [wanted] softmax over all classes, 0..1
 */
export const rankLabels = (logits: Float32Array, order: Int32Array, probabilities: Float32Array): void => {
  let highest = -Infinity;
  for (const logit of logits) highest = Math.max(highest, logit);
  const exponentials = Float64Array.from(logits, (logit) => Math.exp(logit - highest));
  let sum = 0;
  for (const value of exponentials) sum += value;

  const ranked =
    order.length === 1
      ? [logits.indexOf(highest)]
      : Int32Array.from(logits.keys()).sort((a, b) => logits[b]! - logits[a]! || a - b);
  for (let rank = 0; rank < order.length; rank++) {
    order[rank] = ranked[rank]!;
    probabilities[rank] = exponentials[ranked[rank]!]! / sum;
  }
};
