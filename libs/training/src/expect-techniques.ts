import { invalidInput } from '@taxon/errors';
import type { Device } from './device.ts';
import type { Recipe } from './recipe.ts';

/** @throws TaxonError `invalid_input` for techniques that the device's step, or frozen embeddings, cannot have */
export const expectTechniques = ({ optimizer, adversarial, averaging }: Recipe, device: Device): void => {
  const asked = [
    ...(optimizer.l1 > 0 ? [`optimizer.l1: ${optimizer.l1}`] : []),
    ...(adversarial.kind === 'none' ? [] : [`adversarial.kind: ${adversarial.kind}`]),
    ...(averaging.kind === 'ema' ? ['averaging.kind: ema'] : []),
  ];
  if (asked.length > 0 && device !== 'cpu')
    throw invalidInput(
      `${asked[0]!} is for device cpu alone, the device is ${device}, which keeps its state to itself`,
      'Leave device at auto, or leave the option out.',
    );
  const frozen = optimizer.freeze > 0 ? `optimizer.freeze: ${optimizer.freeze}` : undefined;
  const still = frozen ?? (optimizer.lora.rank > 0 ? `optimizer.lora.rank: ${optimizer.lora.rank}` : undefined);
  if (adversarial.kind !== 'none' && still !== undefined)
    throw invalidInput(
      `adversarial.kind: ${adversarial.kind} moves embeddings; with ${still} they do not learn`,
      'Use one of the two.',
    );
};
