/** What a model answered in one task: the events' `Answer`. */
export interface ObservedAnswer {
  readonly task: string;
  /** None where the model abstained, or where no label of several applied. */
  readonly labels: readonly string[];
  /** 0..1, as many as `labels`; of the likeliest label where the model abstained. */
  readonly probabilities: readonly number[];
}

/** One text's answers, and where the text lies. */
export interface Observation {
  readonly answers: readonly ObservedAnswer[];
  /** The model's logits, or other features of one width; absent or empty where they are not kept. */
  readonly embedding?: readonly number[];
}

/** An observation of live traffic. */
export interface LiveObservation extends Observation {
  /** Share of the traffic that is observed, above 0 up to 1: the observation stands for 1 / rate. @default 1 */
  readonly samplingRate?: number;
  /** When it was answered. */
  readonly at: Date;
}

/** How sure an answer is: its least sure label. Undefined where nothing was answered and no probability told. */
export const confidenceOf = ({ probabilities }: ObservedAnswer): number | undefined =>
  probabilities.length === 0 ? undefined : Math.min(...probabilities);

/** Bins of equal width over 0..1 that confidences are counted in. */
export const confidenceBins = 20;

/** The bin of a confidence. */
export const binOf = (confidence: number): number =>
  Math.min(confidenceBins - 1, Math.max(0, Math.floor(confidence * confidenceBins)));
