import { isLora, type EncoderConfig, type Lora } from '@taxon/models';

/** The embedding tables, which stand apart from the parameters. */
export const tableNames = ['words', 'positions', 'types'] as const;
export type TableName = (typeof tableNames)[number];

const isTable = (name: string): boolean => (tableNames as readonly string[]).includes(name);

/** The layer that a tensor belongs to, 0-based; embeddings go with the first, the head stands behind the last. */
export const layerOf = (name: string, { layers }: Pick<EncoderConfig, 'layers'>): number => {
  if (isTable(name) || name.startsWith('embeddings.')) return 0;
  const layer = /^layer\.(\d+)\./.exec(name)?.[1];
  return layer === undefined ? layers : Number(layer);
};

/** What of a model learns. */
export interface Learning {
  /** Layers, counted from the embeddings, that stay as they are; the embeddings are frozen with the first. @default 0 */
  freeze?: number;
  /** Of the encoder only low-rank matrices learn, and with `biases` biases and normalisations, too. */
  lora?: Lora & { biases: boolean };
}

/** Names of the parameters and embedding tables that learn. */
export const trainedNames = (
  parameters: readonly string[],
  encoder: Pick<EncoderConfig, 'layers'>,
  { freeze = 0, lora }: Learning,
): ReadonlySet<string> =>
  new Set(
    [...tableNames, ...parameters].filter((name) => {
      const layer = layerOf(name, encoder);
      if (layer < freeze) return false;
      if (lora === undefined || layer === encoder.layers || isLora(name)) return true;
      return lora.biases && !isTable(name) && !name.endsWith('.weight');
    }),
  );
