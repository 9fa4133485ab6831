import { existsSync } from 'node:fs';
import { openModelRegistry, type Registry } from '@taxon/registry';
import type { Config } from './config.ts';
import { folderSource, type ModelSource } from './model-source.ts';
import { eitherSource, parseReference, registrySource } from './registry-source.ts';

export interface OpenSourceOptions {
  config: Pick<Config, 'models' | 'modelsFolder'>;
  registry: Registry;
  holder: string;
  signal: AbortSignal;
}

/**
 * The models that the configuration names: a folder that is there, or one of the registry's. Where both have the name, NAME@serving is
 * the registry's.
 * @throws TaxonError `invalid_input` naming the entry of `models` that is wrong
 */
export const openSource = ({ config, registry, holder, signal }: OpenSourceOptions): ModelSource => {
  const ofRegistry = (entry: string): boolean => parseReference(entry) !== undefined && !existsSync(entry);
  const folders = folderSource(
    openModelRegistry({ folder: config.modelsFolder, models: config.models.filter((entry) => !ofRegistry(entry)) }),
  );
  return eitherSource(registrySource({ registry, given: config.models.filter(ofRegistry), holder, signal }), folders);
};
