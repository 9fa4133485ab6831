export { compress, type CompressContext, type CompressOptions } from './compression/compress.ts';
export { compressionSchema, type CompressionInput, type CompressionOptions } from './compression/options.ts';
export type { CompressionEvent, CompressionStage } from './compression/progress.ts';
export type { CompressionReport, FormMeasured, PartCost } from './compression/report.ts';
