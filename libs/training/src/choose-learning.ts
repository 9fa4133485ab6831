import { invalidInput } from '@taxon/errors';
import type { EncoderConfig } from '@taxon/models';
import type { Device } from './device.ts';
import type { ModelState } from './model-state.ts';
import type { Recipe } from './recipe.ts';
import type { Learning } from './trained.ts';

/**
 * What a recipe lets learn.
 * @throws TaxonError `invalid_input` on a device whose step trains all weights
 */
export const chooseLearning = ({ optimizer }: Pick<Recipe, 'optimizer'>, device: Device): Learning => {
  const { freeze, lora } = optimizer;
  const asked = [...(freeze > 0 ? [`freeze: ${freeze}`] : []), ...(lora.rank > 0 ? [`lora.rank: ${lora.rank}`] : [])];
  if (asked.length > 0 && device !== 'cpu')
    throw invalidInput(
      `optimizer.${asked[0]!} is for device cpu alone, the device is ${device}: there all weights learn`,
      `Set it to 0, or leave device at auto.`,
    );
  return { freeze, lora: lora.rank > 0 ? lora : undefined };
};

/** @throws TaxonError `invalid_input` where more layers are to be frozen than the encoder has */
export const expectLayers = ({ freeze = 0 }: Learning, { layers }: EncoderConfig): void => {
  if (freeze > layers)
    throw invalidInput(
      `optimizer.freeze: ${freeze} layers, the encoder has ${layers}`,
      `Set it to 0..${layers}; ${layers} leaves the head alone to learn.`,
    );
};

/** In words, what learns and what that takes; undefined where all does. */
export const describeLearning = ({ trained, shapes, tables, memory }: ModelState): string | undefined => {
  const sizes: [name: string, size: number][] = [
    ...Object.entries(tables).map(([name, { values }]): [string, number] => [name, values.length]),
    ...Object.entries(shapes).map(([name, shape]): [string, number] => [name, shape.reduce((a, b) => a * b, 1)]),
  ];
  const learning = sizes.filter(([name]) => trained.has(name));
  if (learning.length === sizes.length) return undefined;
  const sum = (of: typeof sizes): number => of.reduce((total, [, size]) => total + size, 0);
  const moments = Object.values(tables).reduce((total, { m, v }) => total + m.byteLength + v.byteLength, 0);
  const mebibytes = ((memory.bytes + moments) / 2 ** 20).toFixed(0);
  return `${sum(learning).toLocaleString('en')} of ${sum(sizes).toLocaleString('en')} numbers learn; parameters, moments and gradients take ${mebibytes} MiB`;
};
