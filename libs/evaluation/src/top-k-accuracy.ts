/** Share of texts whose right label is among the k best. */
export interface TopKAccuracy {
  k: number;
  accuracy: number;
}
