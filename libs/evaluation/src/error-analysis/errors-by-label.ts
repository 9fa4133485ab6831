/** Wrong decisions about one label. */
export interface LabelErrors {
  label: string;
  support: number;
  /** Texts that were given the label and do not carry it. */
  falsePositives: ErrorExamples;
  /** Texts that carry the label and were not given it. */
  falseNegatives: ErrorExamples;
}

export interface ErrorExamples {
  count: number;
  /** Indices of the texts, the surest mistakes first; as many as were asked for. */
  examples: number[];
}
