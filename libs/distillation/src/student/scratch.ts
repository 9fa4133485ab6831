import { createRandom } from '@taxon/data';
import { invalidInput } from '@taxon/errors';
import { encoderShapes, type EncoderConfig } from '@taxon/models';
import { normal } from '@taxon/training';
import type { EncoderWeights } from './prune-encoder.ts';
import { scratchSizes, type ScratchSize } from './student-schema.ts';

const prefix = 'scratch:';

/** BERT's own initializer_range. */
const standardDeviation = 0.02;

/**
 * The size that `scratch:SIZE` names; undefined for anything else.
 * @throws TaxonError `invalid_input` for a size that there is not
 */
export const scratchSize = (from: string): ScratchSize | undefined => {
  if (!from.startsWith(prefix)) return undefined;
  const size = from.slice(prefix.length);
  if (Object.hasOwn(scratchSizes, size)) return size as ScratchSize;
  const known = Object.keys(scratchSizes).map((name) => prefix + name);
  throw invalidInput(`student.from is '${from}'; the sizes are ${known.join(', ')}`);
};

/** An encoder of random numbers, as BERT begins: normal with deviation 0.02, normalisations 1 and 0, biases 0. */
export const scratchEncoder = (
  size: ScratchSize,
  like: Pick<EncoderConfig, 'positions' | 'vocabulary' | 'types' | 'layerNormEpsilon'>,
  seed: number,
): EncoderWeights => {
  const { positions, vocabulary, types, layerNormEpsilon } = like;
  const encoder: EncoderConfig = { ...scratchSizes[size], positions, vocabulary, types, layerNormEpsilon };
  const random = createRandom(seed);
  const draw = (count: number): Float32Array =>
    Float32Array.from({ length: count }, () => standardDeviation * normal(random));
  const parameters = Object.fromEntries(
    Object.entries(encoderShapes(encoder)).map(([name, shape]) => {
      const count = shape.reduce((a, b) => a * b, 1);
      if (name.endsWith('.weight')) return [name, draw(count)];
      return [name, new Float32Array(count).fill(name.endsWith('.gamma') ? 1 : 0)];
    }),
  );
  const { hidden } = encoder;
  const tables = { words: draw(vocabulary * hidden), positions: draw(positions * hidden), types: draw(types * hidden) };
  return { encoder, weights: { ...tables, parameters } };
};
