import { classificationMetrics } from './classification-metrics.ts';
import type { Figures } from './metrics.ts';
import { checkAnswers, type MultiLabelAnswers } from './multi-label-answers.ts';
import { multiLabelMetrics } from './multi-label-metrics.ts';
import { scoredLabels } from './scored-labels.ts';
import { sameLength } from './shapes.ts';

/** Texts put into named groups. */
export interface Grouping {
  /** What the groups stand for: length, source, label count … */
  by: string;
  /** In the order of the table. */
  names: string[];
  /** Index into `names` of each text's group: [texts]. */
  of: Int32Array;
}

export interface Slice {
  name: string;
  /** Texts. */
  n: number;
  metrics: Figures;
}

export interface SliceTable {
  by: string;
  /** Groups that have texts. */
  slices: Slice[];
}

/** Rows of a matrix, copied: [rows, width] */
export const selectRows = <T extends Uint8Array | Int32Array | Float32Array>(
  values: T,
  rows: ArrayLike<number>,
  width = 1,
): T => {
  const selected = new (values.constructor as new (length: number) => T)(rows.length * width);
  for (let i = 0; i < rows.length; i++)
    selected.set(values.subarray(rows[i]! * width, (rows[i]! + 1) * width), i * width);
  return selected;
};

/** Scores every group that has texts. */
export const sliceTable = ({ by, names, of }: Grouping, score: (rows: Uint32Array) => Figures): SliceTable => {
  const rows = names.map((): number[] => []);
  of.forEach((group, text) => rows[group]!.push(text));
  return {
    by,
    slices: names.flatMap((name, group) => {
      const members = rows[group]!;
      return members.length === 0 ? [] : { name, n: members.length, metrics: score(Uint32Array.from(members)) };
    }),
  };
};

/** Accuracy and F1 of single-label answers by group. Parameters and errors as `classificationMetrics`. */
export const singleLabelSlices = (
  grouping: Grouping,
  expected: Int32Array,
  predicted: Int32Array,
  labels: readonly string[],
  unseenLabels?: readonly string[],
): SliceTable => {
  sameLength('groups', grouping.of, 'expected', expected);
  const scored = scoredLabels(expected, predicted, labels, unseenLabels);
  return sliceTable(grouping, (rows) => {
    const { accuracy, macroF1, weightedF1 } = classificationMetrics(
      selectRows(scored.expected, rows),
      selectRows(predicted, rows),
      scored.names,
    );
    return { accuracy, macroF1, weightedF1 };
  });
};

/** Exact match and F1 of multi-label answers by group. */
export const multiLabelSlices = (grouping: Grouping, answers: MultiLabelAnswers): SliceTable => {
  const { labels, expected, predicted } = answers;
  sameLength('groups', grouping.of, 'texts', { length: checkAnswers(answers) });
  return sliceTable(grouping, (rows) => {
    const slice = {
      labels,
      expected: selectRows(expected, rows, labels.length),
      predicted: selectRows(predicted, rows, labels.length),
    };
    const { exactMatch, microF1, macroF1, samplesF1, hammingLoss } = multiLabelMetrics(slice);
    return { exactMatch, microF1, macroF1, samplesF1, hammingLoss };
  });
};
