import { checkAnswers, type MultiLabelAnswers } from './multi-label-answers.ts';
import { ratio } from './shapes.ts';

/** Two ways of being right enough with several labels, beside exact match. Shares of texts, 0..1. */
export interface RelaxedCriteria {
  n: number;
  exactMatch: number;
  /** Criterion 1: at least one label is given, and none that is wrong. */
  noWrongExtra: number;
  /** Criterion 2: no right label is missing, and at most one wrong one is given. */
  oneExtraNoneMissing: number;
}

/** The criteria text by text, 1 = fulfilled: each [texts]. */
export interface RelaxedOutcomes {
  exactMatch: Uint8Array;
  noWrongExtra: Uint8Array;
  oneExtraNoneMissing: Uint8Array;
}

/** The criteria text by text. A text that was given no label never fulfils criterion 1, even where it carries none. */
export const relaxedOutcomes = (answers: MultiLabelAnswers): RelaxedOutcomes => {
  const n = checkAnswers(answers);
  const { expected, predicted, labels } = answers;
  const outcomes = {
    exactMatch: new Uint8Array(n),
    noWrongExtra: new Uint8Array(n),
    oneExtraNoneMissing: new Uint8Array(n),
  };
  for (let text = 0, at = 0; text < n; text++) {
    let [right, extra, missing] = [0, 0, 0];
    for (let label = 0; label < labels.length; label++, at++) {
      right += expected[at]! & predicted[at]!;
      extra += predicted[at]! & ~expected[at]!;
      missing += expected[at]! & ~predicted[at]!;
    }
    outcomes.exactMatch[text] = Number(extra + missing === 0);
    outcomes.noWrongExtra[text] = Number(extra === 0 && right > 0);
    outcomes.oneExtraNoneMissing[text] = Number(missing === 0 && extra <= 1);
  }
  return outcomes;
};

/** Shares of texts that fulfil each criterion. */
export const relaxedCriteria = (answers: MultiLabelAnswers): RelaxedCriteria => {
  const outcomes = relaxedOutcomes(answers);
  const n = outcomes.exactMatch.length;
  const share = (fulfilled: Uint8Array): number =>
    ratio(
      fulfilled.reduce((sum, x) => sum + x, 0),
      n,
    );
  return {
    n,
    exactMatch: share(outcomes.exactMatch),
    noWrongExtra: share(outcomes.noWrongExtra),
    oneExtraNoneMissing: share(outcomes.oneExtraNoneMissing),
  };
};
