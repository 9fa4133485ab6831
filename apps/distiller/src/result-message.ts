import { resolve } from 'node:path';
import { toResultMessage as toTrainingResultMessage, toScoresMessage, whole } from '@taxon/app-trainer/shared';
import { JobResult, type MeasuredModel, type ModelSize as ModelSizeMessage } from '@taxon/contracts';
import type { CompressionReport, DistillationResult, FormMeasured, ModelSize } from '@taxon/distillation';

const toSizeMessage = ({ parameters, ...size }: ModelSize): ModelSizeMessage => ({
  ...size,
  parameters: whole(parameters),
});

export const distillationResult = (result: DistillationResult): JobResult => {
  const { teacher, student, generation } = result;
  return JobResult.fromPartial({
    result: {
      $case: 'distillation',
      value: {
        studentModel: toTrainingResultMessage(result),
        student: toSizeMessage(student),
        teacher: teacher.size && toSizeMessage(teacher.size),
        teacherValidation: teacher.validation && toScoresMessage(teacher.validation),
        teacherTest: teacher.test && toScoresMessage(teacher.test),
        generation,
      },
    },
  });
};

const toMeasuredMessage = ({ form, figures, bytes, latency, throughput }: FormMeasured): MeasuredModel => ({
  form,
  figures: { ...figures },
  bytes: whole(bytes),
  latencyP50: latency.p50,
  latencyP95: latency.p95,
  throughput,
});

export const compressionResult = (report: CompressionReport, output: string): JobResult => {
  const { before, after, loss, agreement, keptFloat, sensitivity, texts } = report;
  return JobResult.fromPartial({
    result: {
      $case: 'compression',
      value: {
        ...{ modelFolder: resolve(output), loss, agreement, keptFloat, sensitivity },
        before: toMeasuredMessage(before),
        after: toMeasuredMessage(after),
        validationTexts: texts.validation,
        calibrationTexts: texts.calibration,
      },
    },
  });
};
