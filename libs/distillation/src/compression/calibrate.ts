import type { FixedRange } from '@taxon/compute';
import { watchProducts, type EngineSource, type TextInput } from '@taxon/models';
import { calibratedRange, count, emptySpread, widen, type Spread } from './calibration-range.ts';
import type { ComputeOptions } from './compute-logits.ts';
import type { CompressionOptions } from './options.ts';

/** `wanted` of them, evenly over all. */
export const evenly = <Item>(items: readonly Item[], wanted: number): Item[] =>
  items.length <= wanted
    ? [...items]
    : Array.from({ length: wanted }, (_, i) => items[Math.floor((i * items.length) / wanted)]!);

/** The range of the inputs of every unit, from two passes of the float model over the texts. */
export const calibrate = async (
  source: EngineSource,
  texts: readonly TextInput[],
  options: CompressionOptions,
  { signal, onProgress }: ComputeOptions,
): Promise<Record<string, FixedRange>> => {
  const { calibration, threads } = options;
  const spreads = new Map<string, Spread>();
  for (const [pass, look] of [widen, count].entries()) {
    let seen = 0;
    let first: string | undefined;
    const see = (unit: string, values: Float32Array): void => {
      const spread = spreads.get(unit) ?? emptySpread();
      spreads.set(unit, spread);
      look(spread, values);
      first ??= unit;
      if (unit === first) onProgress?.(pass * texts.length + ++seen, 2 * texts.length);
    };
    await watchProducts(source, texts, see, { threads, signal });
  }
  return Object.fromEntries(Array.from(spreads, ([unit, spread]) => [unit, calibratedRange(spread, calibration)]));
};
