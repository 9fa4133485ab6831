export { compress, type CompressContext, type CompressOptions } from './compression/compress.ts';
export { compressionSchema, type CompressionInput, type CompressionOptions } from './compression/options.ts';
export type { CompressionEvent, CompressionStage } from './compression/progress.ts';
export type { CompressionReport, FormMeasured, PartCost } from './compression/report.ts';
export { distil, type DistilOptions } from './distil.ts';
export { expectOptions } from './expect-options.ts';
export { runDistillationJob, type DistillationJobOptions } from './job.ts';
export { distillationSchema, type DistillationInput, type DistillationOptions } from './options.ts';
export { parseDistillation } from './parse-options.ts';
export type { DistillationEvent, DistillationResult, ModelSize } from './progress.ts';
export { parseStudent, scratchSizes, type StudentInput, type StudentOptions } from './student/student-schema.ts';
export { distilEncoder, type DistilEncoderOptions } from './encoder/distil-encoder.ts';
export {
  encoderDistillationSchema,
  type EncoderDistillationInput,
  type EncoderDistillationOptions,
  type EncoderDistillationProgress,
  type EncoderDistillationResult,
} from './encoder/options.ts';
export { workFolder } from './work-folder.ts';
