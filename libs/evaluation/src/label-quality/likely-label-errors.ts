import { checkClasses, sameLength } from '../shapes.ts';

/** A text whose given label is likely wrong (single-label). */
export interface LabelSuspect {
  index: number;
  given: string;
  /** The label that the model is confident of. */
  suggested: string;
  /** Probability of the given label, 0..1: the lower, the likelier an error. */
  selfConfidence: number;
  /** Probability of the given label less that of the best other one, −1..1. */
  normalizedMargin: number;
}

/** How often a given label is likely another one. */
export interface JointCell {
  given: string;
  likely: string;
  /** Texts counted in the confident joint. */
  count: number;
  /** Estimated share of all texts: rows scaled to the given labels' frequencies. */
  share: number;
}

export interface LikelyLabelErrors {
  n: number;
  /** Estimated share of texts with a wrong label, 0..1: off the joint's diagonal. */
  noise: number;
  /** Likeliest errors first. */
  suspects: LabelSuspect[];
  /** Off the diagonal, the most frequent first. */
  confusions: JointCell[];
  perLabel: { label: string; given: number; suspects: number }[];
}

/** Mean probability of each label over the texts that carry it: what counts as confident. Infinity where no text does. */
const confidentFrom = (probabilities: Float32Array, given: Int32Array, classes: number): Float64Array => {
  const [sums, counts] = [new Float64Array(classes), new Uint32Array(classes)];
  given.forEach((label, text) => {
    if (label < 0) return;
    sums[label]! += probabilities[text * classes + label]!;
    counts[label]! += 1;
  });
  return sums.map((sum, label) => (counts[label] === 0 ? Infinity : sum / counts[label]!));
};

/** Means of single-precision numbers round: a class with one text must reach its own mean. */
export const roundingSlack = 1e-6;

/** The label that a text confidently has: the most probable one of those not below their thresholds; −1 for none. */
const confidentLabel = (row: Float32Array, thresholds: Float64Array): number => {
  let best = -1;
  for (let label = 0; label < row.length; label++)
    if (row[label]! >= thresholds[label]! - roundingSlack && (best < 0 || row[label]! > row[best]!)) best = label;
  return best;
};

const largestOther = (row: Float32Array, label: number): number => {
  let largest = row.length > 1 ? -Infinity : 0;
  for (let i = 0; i < row.length; i++) if (i !== label && row[i]! > largest) largest = row[i]!;
  return largest;
};

/** Counts by given and likely label, sparse: key = given · classes + likely. */
type Joint = Map<number, number>;

/** Scales each row of the joint to the number of texts given that label, so that unsure texts count too; shares of all texts. */
const jointCells = (
  joint: Joint,
  given: Uint32Array,
  n: number,
): { given: number; likely: number; count: number; share: number }[] => {
  const classes = given.length;
  const rowSums = new Float64Array(classes);
  for (const [key, count] of joint) rowSums[Math.floor(key / classes)]! += count;
  return [...joint].map(([key, count]) => {
    const row = Math.floor(key / classes);
    const share = ((count / rowSums[row]!) * given[row]!) / n;
    return { given: row, likely: key % classes, count, share };
  });
};

export interface LabelErrorOptions {
  /** Order of the suspects. @default 'normalizedMargin' */
  rankBy?: 'selfConfidence' | 'normalizedMargin';
}

/**
 * Texts whose given label is likely wrong, by confident learning (Northcutt, Jiang and Chuang 2021): a text counts as another
 * label where that label's probability is at least the mean of the texts that carry it. Off the diagonal of this joint lie the
 * suspects, of which those stay whose given label is not the most probable one. O(texts · labels).
 * @param probabilities out of fold: of models that were not trained on the text; [texts, labels]
 * @param given index of the label in the data: [texts]; −1 is left out
 */
export const likelyLabelErrors = (
  probabilities: Float32Array,
  given: Int32Array,
  labels: readonly string[],
  { rankBy = 'normalizedMargin' }: LabelErrorOptions = {},
): LikelyLabelErrors => {
  const classes = labels.length;
  sameLength('given × labels', { length: given.length * classes }, 'probabilities', probabilities);
  checkClasses(given, classes);
  const thresholds = confidentFrom(probabilities, given, classes);
  const [counts, suspected] = [new Uint32Array(classes), new Uint32Array(classes)];
  const joint: Joint = new Map();
  const suspects: LabelSuspect[] = [];
  given.forEach((label, index) => {
    if (label < 0) return;
    counts[label]! += 1;
    const row = probabilities.subarray(index * classes, (index + 1) * classes);
    const likely = confidentLabel(row, thresholds);
    if (likely < 0) return;
    joint.set(label * classes + likely, (joint.get(label * classes + likely) ?? 0) + 1);
    // Where the given label is the most probable one, the model only confirms it: counted in the joint, no suspect.
    const normalizedMargin = row[label]! - largestOther(row, label);
    if (likely === label || normalizedMargin >= 0) return;
    suspected[label]! += 1;
    const selfConfidence = row[label]!;
    suspects.push({ index, given: labels[label]!, suggested: labels[likely]!, selfConfidence, normalizedMargin });
  });
  const n = counts.reduce((sum, x) => sum + x, 0);
  const off = jointCells(joint, counts, n).filter((cell) => cell.given !== cell.likely);
  return {
    n,
    noise: off.reduce((sum, { share }) => sum + share, 0),
    suspects: suspects.sort((a, b) => a[rankBy] - b[rankBy] || a.index - b.index),
    confusions: off
      .sort((a, b) => b.count - a.count || b.share - a.share)
      .map((cell) => ({ ...cell, given: labels[cell.given]!, likely: labels[cell.likely]! })),
    perLabel: labels.map((label, i) => ({ label, given: counts[i]!, suspects: suspected[i]! })),
  };
};
