import type { Recipe } from './recipe.ts';

/**
 * Packed positions that one native call takes. Activations of 1,024 tokens stay in the processor's caches: a step of 4,096
 * is faster as four calls whose gradients are summed, and holds a quarter of the memory.
 */
const tokensPerCall = 1024;

interface Sizes {
  optimizer: Pick<Recipe['optimizer'], 'tokensPerStep' | 'accumulation'>;
}

/** How a step is cut: `tokens` a native call, `batchesPerUpdate` calls an update. */
export const microBatches = ({ optimizer }: Sizes): { tokens: number; batchesPerUpdate: number } => {
  const calls = Math.max(1, Math.round(optimizer.tokensPerStep / tokensPerCall));
  return { tokens: Math.ceil(optimizer.tokensPerStep / calls), batchesPerUpdate: calls * optimizer.accumulation };
};
