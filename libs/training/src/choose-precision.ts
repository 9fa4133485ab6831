import { hasExactInt8 } from '@taxon/compute';
import { invalidInput } from '@taxon/errors';
import type { EncoderConfig } from '@taxon/models';
import type { Device } from './device.ts';
import type { Precision } from './model-state.ts';
import type { Recipe } from './recipe.ts';

/** int8 where it is asked for, or where nothing is asked for, the device is the processor, and it has instructions for it. */
export const choosePrecision = async (
  { precision }: Recipe,
  encoder: EncoderConfig,
  device: Device,
): Promise<Precision> => {
  if (device !== 'cpu') {
    if (precision === 'int8')
      throw invalidInput(
        `precision: int8 is for device cpu alone, the device is ${device}`,
        'Leave precision at auto, or set it to fp32.',
      );
    return 'fp32';
  }
  // The kernels that quantize take 16 columns at a time.
  const fits = encoder.hidden % 16 === 0 && encoder.intermediate % 16 === 0;
  if (precision === 'int8' && !fits)
    throw invalidInput(
      `precision: int8 needs widths that are multiples of 16, the encoder's are ${encoder.hidden} and ${encoder.intermediate}`,
      'Leave precision at auto, or set it to fp32.',
    );
  if (precision !== 'auto') return precision;
  return fits && (await hasExactInt8()) ? 'int8' : 'fp32';
};
