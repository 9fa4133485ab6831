import { averagedFigures } from '../label-counts.ts';
import { ratio } from '../shapes.ts';
import type { LabelColumn } from '../sorted-decisions.ts';

/** F1 of a way to cut, on the texts that the thresholds were chosen on: flattering for the tuned ones. */
export interface SweepScore {
  macroF1: number;
  microF1: number;
}

/** F1 over all labels and by label at given thresholds: [labels] */
export const scoreThresholds = (columns: readonly LabelColumn[], cuts: ArrayLike<number>) => {
  const [predicted, hits] = [new Uint32Array(columns.length), new Uint32Array(columns.length)];
  columns.forEach(({ scores, right }, label) => {
    const cut = cuts[label]!;
    let given = 0;
    while (given < scores.length && scores[given]! >= cut) hits[label]! += right[given++]!;
    predicted[label] = given;
  });
  const support = columns.map((column) => column.support);
  const { macroF1, microF1 } = averagedFigures({ support, predicted, hits });
  const score: SweepScore = { macroF1, microF1 };
  return { score, f1: support.map((count, i) => ratio(2 * hits[i]!, count + predicted[i]!)) };
};
