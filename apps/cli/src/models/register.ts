import type { Lineage } from '@taxon/registry';
import { catchInterrupt } from '../interrupt.ts';
import { createView } from '../progress/create-view.ts';
import { countOf, formatBytes } from '../render/format.ts';
import { formatCommand } from '../shell.ts';
import type { Terminal } from '../terminal.ts';
import { readFolderFacts } from './folder-facts.ts';
import { currentUser, openNamedRegistry, type RegistryOption } from './registry-option.ts';
import { versionJson } from './version-json.ts';
import { withData as copyWithData } from './with-data.ts';

export interface RegisterCommandOptions extends RegistryOption {
  parent?: number;
  how?: Lineage['how'];
  alias?: string;
  reason?: string;
  by?: string;
  eventId?: string;
  withData?: boolean;
}

/** `taxon models register` */
export const registerModel = async (
  terminal: Terminal,
  model: string,
  folder: string,
  options: RegisterCommandOptions,
): Promise<void> => {
  const { parent, how, alias, reason = '', by = currentUser(), eventId, withData = false } = options;
  const view = await createView(terminal, options);
  const interrupt = catchInterrupt();
  try {
    const registry = await openNamedRegistry(options);
    const before = (await registry.models()).includes(model) ? (await registry.describe(model)).versions : [];
    const { lineage, scores } = await readFolderFacts(folder);
    if (withData) view.begin('data');
    await using stored = withData ? await copyWithData(folder, interrupt.signal) : undefined;
    view.begin('store');
    const version = await registry.register({
      ...{ model, folder: stored?.folder ?? folder, scores, by, reason, eventId, signal: interrupt.signal },
      lineage: {
        ...lineage,
        ...(how !== undefined && { how }),
        ...(parent !== undefined && { parent }),
        ...(reason !== '' && { reason }),
      },
      onProgress: (done, total) => view.update({ done, total, unit: 'bytes' }),
    });
    view.end();
    if (alias !== undefined && !version.aliases.includes(alias))
      await registry.moveAlias({ model, alias, to: version.version, by, reason });
    const { aliases } = await registry.resolve(`${model}@${version.version}`);
    const already = before.some((known) => known.version === version.version);
    if (options.json) return terminal.out(JSON.stringify({ ...versionJson(version), aliases, already }));
    const { files } = await version.manifest();
    const size = `${countOf(files.length, 'file')}, ${formatBytes(version.bytes)}`;
    terminal.out(`${model}@${version.version}  ${already ? 'is there already' : 'registered'}: ${size}`);
    if (!aliases.includes('serving'))
      terminal.out(`next  ${formatCommand('taxon', 'models', 'alias', model, 'serving', String(version.version))}`);
  } finally {
    view.abandon();
    interrupt.dispose();
  }
};
