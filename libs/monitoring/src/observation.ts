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

/** Probabilities below say no more than that a label is out of the question; kept files round them, too. */
const leastProbability = 1e-4;

/**
 * Where a text lies, as the model sees it: ln of every label's probability, the tasks one after the other. Shifts show better in what a
 * classifier answers than in its features (Rabanser, Günnemann and Lipton, Failing Loudly, NeurIPS 2019).
 * @param tasks [tasks][labels of the task] 0..1
 */
export const embeddingOf = (tasks: readonly ArrayLike<number>[]): number[] =>
  tasks.flatMap((probabilities) =>
    Array.from(probabilities, (p) => Number(Math.log(Math.max(p, leastProbability)).toFixed(4))),
  );
