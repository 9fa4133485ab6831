import { openModelRegistry, type Registry } from '@taxon/registry';
import type { Config } from './config.ts';
import { folderSource, type ModelSource } from './model-source.ts';
import { eitherSource, parseReference, registrySource } from './registry-source.ts';

export interface OpenSourceOptions {
  config: Pick<Config, 'models' | 'modelsFolder'>;
  registry: Registry | undefined;
  holder: string;
  signal: AbortSignal;
}

/**
 * The models that the configuration names. Where there is a registry, a bare name is one of its models, and a folder is written with
 * NAME= or as a path (`./intents`).
 * @throws TaxonError `invalid_input` naming the entry of `models` that is wrong
 */
export const openSource = ({ config, registry, holder, signal }: OpenSourceOptions): ModelSource => {
  const ofRegistry = (entry: string): boolean => registry !== undefined && parseReference(entry) !== undefined;
  const folders = folderSource(
    openModelRegistry({ folder: config.modelsFolder, models: config.models.filter((entry) => !ofRegistry(entry)) }),
  );
  if (registry === undefined) return folders;
  return eitherSource(registrySource({ registry, given: config.models.filter(ofRegistry), holder, signal }), folders);
};
