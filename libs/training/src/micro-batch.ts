import type { Device } from './device.ts';
import type { Recipe } from './recipe.ts';

/**
 * Packed positions that one native call takes. Activations of 1,024 tokens stay in the processor's caches: a step of 4,096
 * is faster as four calls whose gradients are summed, and holds a quarter of the memory.
 */
const tokensPerCall = 1024;

/** A graphics card wants all the work at once. */
const cards: readonly Device[] = ['cuda', 'webgpu', 'tensorflow-gpu'];

interface Sizes {
  optimizer: Pick<Recipe['optimizer'], 'tokensPerStep' | 'accumulation'>;
}

/** How a step is cut: `tokens` a native call, `batchesPerUpdate` calls an update. */
export const microBatches = ({ optimizer }: Sizes, device: Device): { tokens: number; batchesPerUpdate: number } => {
  const calls = cards.includes(device) ? 1 : Math.max(1, Math.round(optimizer.tokensPerStep / tokensPerCall));
  return { tokens: Math.ceil(optimizer.tokensPerStep / calls), batchesPerUpdate: calls * optimizer.accumulation };
};
