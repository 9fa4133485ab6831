import { CalibrationMethod, CompressedForm, Importance, LabelMatching, Vocabulary } from '@taxon/contracts';
import type { CompressionOptions, DistillationOptions } from '@taxon/distillation';

/** Each constant with the option's own spelling; unspecified ones are not in the table. */
type Spellings<E extends string, V> = Readonly<Partial<Record<E, V>>>;

export const importances: Spellings<Importance, DistillationOptions['student']['importance']> = {
  [Importance.IMPORTANCE_TAYLOR]: 'taylor',
  [Importance.IMPORTANCE_ACTIVATION]: 'activation',
};
export const vocabularies: Spellings<Vocabulary, DistillationOptions['student']['vocabulary']> = {
  [Vocabulary.VOCABULARY_KEEP]: 'keep',
  [Vocabulary.VOCABULARY_DOMAIN]: 'domain',
};
export const labelMatchings: Spellings<LabelMatching, DistillationOptions['labels']> = {
  [LabelMatching.LABEL_MATCHING_SAME]: 'same',
  [LabelMatching.LABEL_MATCHING_SHARED]: 'shared',
};
export const compressedForms: Spellings<CompressedForm, CompressionOptions['to']> = {
  [CompressedForm.COMPRESSED_FORM_INT8]: 'int8',
  [CompressedForm.COMPRESSED_FORM_INT8_STATIC]: 'int8-static',
  [CompressedForm.COMPRESSED_FORM_FLOAT16]: 'float16',
};
export const calibrationMethods: Spellings<CalibrationMethod, CompressionOptions['calibration']['method']> = {
  [CalibrationMethod.CALIBRATION_METHOD_MIN_MAX]: 'min-max',
  [CalibrationMethod.CALIBRATION_METHOD_PERCENTILE]: 'percentile',
  [CalibrationMethod.CALIBRATION_METHOD_ENTROPY]: 'entropy',
};
