import { weightsPath } from './describe-model-folder.ts';
import type { EncoderConfig } from './encoder-config.ts';
import { maskedLanguageShapes } from './masked-language-head.ts';
import { openSafetensors } from './safetensors.ts';
import { hasParameters, readParameters } from './weights.ts';

/**
 * The masked-language head of an encoder's folder (`cls.predictions.*`), which most encoders for sentences have lost.
 * @returns undefined where the folder has none
 */
export const readMaskedLanguageHead = async (
  encoderFolder: string,
  config: EncoderConfig,
): Promise<Record<string, Float32Array> | undefined> => {
  const path = weightsPath(encoderFolder);
  const file = await openSafetensors(path);
  try {
    const shapes = maskedLanguageShapes(config);
    return hasParameters(file, shapes) ? await readParameters(file, shapes, path) : undefined;
  } finally {
    await file.close();
  }
};
