import { formatVersions, formatModels, formatManifest } from '../render/models.ts';
import type { Terminal } from '../terminal.ts';
import { openNamedRegistry, type RegistryOption } from './registry-option.ts';
import { versionJson } from './version-json.ts';

/** `taxon models list` */
export const listModels = async (terminal: Terminal, options: RegistryOption): Promise<void> => {
  const registry = await openNamedRegistry(options);
  const names = await registry.models();
  const states = await Promise.all(names.map((name) => registry.describe(name)));
  if (options.json)
    return terminal.out(
      JSON.stringify({
        registry: registry.place,
        models: states.map(({ model, versions, aliases }) => ({
          name: model,
          versions: versions.map(({ version }) => version),
          aliases: Object.fromEntries(aliases),
        })),
      }),
    );
  if (states.length === 0) {
    terminal.out(`${registry.place} holds no models yet`);
    return terminal.out('next  taxon models register NAME FOLDER');
  }
  for (const line of formatModels(states)) terminal.out(line);
};

/** `taxon models show`: all versions of a model, or one with what it was made of. */
export const showModel = async (terminal: Terminal, reference: string, options: RegistryOption): Promise<void> => {
  const registry = await openNamedRegistry(options);
  if (reference.includes('@')) {
    const version = await registry.resolve(reference);
    const manifest = await version.manifest();
    if (options.json) return terminal.out(JSON.stringify({ ...versionJson(version), ...manifest }));
    for (const line of formatManifest(version, manifest)) terminal.out(line);
    return;
  }
  const { versions, aliases } = await registry.describe(reference);
  const manifests = await Promise.all(versions.map((version) => version.manifest()));
  if (options.json) {
    const all = versions.map((version, i) => ({
      ...versionJson(version),
      lineage: manifests[i]!.lineage,
      scores: manifests[i]!.scores,
    }));
    return terminal.out(JSON.stringify({ name: reference, aliases: Object.fromEntries(aliases), versions: all }));
  }
  for (const line of formatVersions(versions, manifests)) terminal.out(line);
};
