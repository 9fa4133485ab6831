import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Encoders that come with Taxon: `encoders/NAME` (docs/encoders.md). */
export const bundledNames = ['small-en'] as const;

/**
 * The folder of an encoder that comes with Taxon; undefined for other names, and where it was not installed. It is looked for from this
 * file upwards: sources and bundles lie at different depths below the folder that holds `encoders`.
 */
export const bundledEncoder = (name: string): string | undefined => {
  if (!bundledNames.some((known) => known === name)) return undefined;
  for (let at = dirname(fileURLToPath(import.meta.url)); ; at = dirname(at)) {
    const folder = join(at, 'encoders', name);
    if (existsSync(join(folder, 'model.safetensors'))) return folder;
    if (at === dirname(at)) return undefined;
  }
};
