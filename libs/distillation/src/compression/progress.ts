/** In order; `calibrate` is of static int8 alone, `sensitivity` of a compressed model that loses too much. */
export const compressionStages = ['read', 'score', 'calibrate', 'compress', 'sensitivity', 'measure', 'save'] as const;
export type CompressionStage = (typeof compressionStages)[number];

/** What a compression tells while it works: plain data. `parts` are matrices, as `layer.3.down`. */
export type CompressionEvent =
  | { kind: 'stage'; stage: CompressionStage }
  | { kind: 'progress'; stage: CompressionStage; done: number; total: number; unit: 'texts' | 'parts' }
  | { kind: 'notice'; level: 'info' | 'warning'; message: string };
