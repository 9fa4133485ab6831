/** A temperature and what it does to the loss of the texts that it was fitted on. */
export interface FittedTemperature {
  /** Logits are divided by it; above 1 the model was too sure. */
  temperature: number;
  /** Mean negative log-likelihood (natural logarithm) at temperature 1 and at the fitted one. */
  lossBefore: number;
  lossAfter: number;
}
