import { hasExactInt8 } from '@taxon/compute';
import { invalidInput } from '@taxon/errors';
import { attentionWidth, type EncoderConfig } from '@taxon/models';
import type { Device } from './device.ts';
import type { Precision } from './model-state.ts';
import type { Recipe } from './recipe.ts';

/** Devices whose products can be in half precision. */
const halvable: readonly Device[] = ['cuda', 'webgpu'];

/**
 * In what a training step on ONNX Runtime's GPU providers multiplies.
 * @throws TaxonError `invalid_input` where half precision is asked for on another device
 */
export const chooseHalf = ({ precision }: Pick<Recipe, 'precision'>, device: Device): boolean => {
  if (precision !== 'fp16') return false;
  if (halvable.includes(device)) return true;
  throw invalidInput(
    `precision: fp16 is for the devices ${halvable.join(' and ')} alone, the device is ${device}`,
    'Leave precision at auto, or set it to fp32.',
  );
};

/**
 * Of the state on the host: int8 where it is asked for, or where nothing is asked for, the device is the processor, and it
 * has instructions for it.
 */
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
  const attention = Array.from({ length: encoder.layers }, (_, layer) => attentionWidth(encoder, layer));
  const widths = [...new Set([encoder.hidden, encoder.intermediate, ...attention])];
  const fits = widths.every((width) => width % 16 === 0);
  if (precision === 'int8' && !fits)
    throw invalidInput(
      `precision: int8 needs widths that are multiples of 16, the encoder's are ${widths.join(', ')}`,
      'Leave precision at auto, or set it to fp32.',
    );
  if (precision === 'fp32' || precision === 'int8') return precision;
  return fits && (await hasExactInt8()) ? 'int8' : 'fp32';
};
