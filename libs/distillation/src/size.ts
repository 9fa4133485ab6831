import { headsOf, parameterShapes, type EncoderConfig, type HeadConfig } from '@taxon/models';
import type { ModelSize } from './progress.ts';

/** A model in numbers. */
export const sizeOf = (encoder: EncoderConfig, head: HeadConfig): ModelSize => {
  const { layers, hidden, intermediate, vocabulary, positions, types } = encoder;
  const behind = Object.values(parameterShapes(encoder, head)).map((shape) => shape.reduce((a, b) => a * b, 1));
  return {
    ...{ layers, hidden, intermediate, vocabulary },
    heads: Math.max(...Array.from({ length: layers }, (_, layer) => headsOf(encoder, layer))),
    parameters: (vocabulary + positions + types) * hidden + behind.reduce((sum, size) => sum + size, 0),
  };
};
