export { distil, type DistilOptions } from './distil.ts';
export { runDistillationJob, type DistillationJobOptions } from './job.ts';
export { distillationSchema, type DistillationInput, type DistillationOptions } from './options.ts';
export { parseDistillation } from './parse-options.ts';
export type { DistillationEvent, DistillationResult, ModelSize } from './progress.ts';
export { parseStudent, scratchSizes, type StudentInput, type StudentOptions } from './student/student-schema.ts';
