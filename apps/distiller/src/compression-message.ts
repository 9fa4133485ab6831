import { constantOf, spelled } from '@taxon/app-trainer/shared';
import { CalibrationMethod, CompressedForm, Compression } from '@taxon/contracts';
import { parseCompression, type CompressionRequest } from './compression-request.ts';
import { calibrationMethods, compressedForms } from './spellings.ts';

const words = ['auto', 'none'];

/**
 * The message as a request, checked.
 * @throws TaxonError `invalid_input` that lists every wrong option
 */
export const fromCompressionMessage = (message: Compression | undefined): CompressionRequest => {
  const { model, output, validation, calibration, keepFloat, ...options } = message ?? Compression.fromPartial({});
  const [first] = keepFloat;
  return parseCompression({
    model,
    output,
    validation,
    calibrationFile: calibration,
    to: spelled(compressedForms, options.to),
    maxLoss: options.maxLoss,
    keepFloat: first === undefined ? undefined : keepFloat.length === 1 && words.includes(first) ? first : keepFloat,
    calibration: {
      method: spelled(calibrationMethods, options.calibrationMethod),
      percentile: options.percentile,
      texts: options.calibrationTexts,
    },
    threads: options.threads,
  });
};

/** A checked request as a message, every option set. */
export const toCompressionMessage = (request: CompressionRequest): Compression => {
  const { calibration, calibrationFile, keepFloat, to, ...rest } = request;
  return Compression.fromPartial({
    ...rest,
    to: constantOf(compressedForms, to, CompressedForm.COMPRESSED_FORM_UNSPECIFIED),
    keepFloat: typeof keepFloat === 'string' ? [keepFloat] : keepFloat,
    calibration: calibrationFile,
    calibrationMethod: constantOf(
      calibrationMethods,
      calibration.method,
      CalibrationMethod.CALIBRATION_METHOD_UNSPECIFIED,
    ),
    percentile: calibration.percentile,
    calibrationTexts: calibration.texts,
  });
};
