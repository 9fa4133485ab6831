/** Right and given labels of a multi-label classifier; 1 = carries the label. */
export interface MultiLabelAnswers {
  /** Names of the columns. */
  labels: readonly string[];
  /** [texts, labels] */
  expected: Uint8Array;
  /** [texts, labels] */
  predicted: Uint8Array;
}
