import { invalidInput } from '@taxon/errors';
import type { CollectOptions } from '@taxon/registry';
import { catchInterrupt } from '../interrupt.ts';
import { createView } from '../progress/create-view.ts';
import { formatCollected, formatHistory } from '../render/models.ts';
import { formatCommand } from '../shell.ts';
import type { Terminal } from '../terminal.ts';
import { currentUser, openNamedRegistry, type RegistryOption } from './registry-option.ts';
import { versionJson } from './version-json.ts';

/** `taxon models history` */
export const showHistory = async (terminal: Terminal, model: string, options: RegistryOption): Promise<void> => {
  const entries = await (await openNamedRegistry(options)).history(model);
  if (options.json) return terminal.out(JSON.stringify({ name: model, history: entries }));
  for (const line of formatHistory(entries)) terminal.out(line);
};

export interface AliasCommandOptions extends RegistryOption {
  expect?: number | 'none';
  remove?: boolean;
  reason?: string;
  by?: string;
  eventId?: string;
}

/** `taxon models alias` */
export const moveAlias = async (
  terminal: Terminal,
  [model, alias, version]: readonly [string, string, number | undefined],
  options: AliasCommandOptions,
): Promise<void> => {
  const { expect, remove = false, reason, by = currentUser(), eventId, json } = options;
  if ((version === undefined) !== remove)
    throw invalidInput(
      version === undefined ? 'version: missing' : `version: ${version} and --remove exclude each other`,
      `${formatCommand('taxon', 'models', 'alias', model, alias)} VERSION, or with --remove and no version`,
    );
  const registry = await openNamedRegistry(options);
  const entry = await registry.moveAlias({
    ...{ model, alias, to: version, by, reason, eventId },
    ...(expect !== undefined && { expected: { version: expect === 'none' ? undefined : expect } }),
  });
  if (json) return terminal.out(JSON.stringify(entry));
  for (const line of formatHistory([entry])) terminal.out(line);
};

/** `taxon models checkout` */
export const checkOutModel = async (
  terminal: Terminal,
  reference: string,
  folder: string | undefined,
  options: RegistryOption,
): Promise<void> => {
  const view = await createView(terminal, options);
  const interrupt = catchInterrupt();
  try {
    const registry = await openNamedRegistry(options);
    const version = await registry.resolve(reference);
    view.begin('copy');
    const made = await registry.checkOut(version, {
      folder,
      signal: interrupt.signal,
      onProgress: (done, total) => view.update({ done, total, unit: 'bytes' }),
    });
    view.end();
    if (options.json) return terminal.out(JSON.stringify({ ...versionJson(version), folder: made }));
    terminal.out(`${version.model}@${version.version}  ${made}`);
  } finally {
    view.abandon();
    interrupt.dispose();
  }
};

export interface CollectCommandOptions extends RegistryOption, Omit<CollectOptions, 'signal'> {}

/** `taxon models gc` */
export const collectModels = async (terminal: Terminal, options: CollectCommandOptions): Promise<void> => {
  const { keepLast, keepDays, keepParents, dryRun = false, json } = options;
  const interrupt = catchInterrupt();
  try {
    const registry = await openNamedRegistry(options);
    const collected = await registry.collect({ keepLast, keepDays, keepParents, dryRun, signal: interrupt.signal });
    if (json) return terminal.out(JSON.stringify({ dryRun, ...collected }));
    for (const line of formatCollected(collected, dryRun)) terminal.out(line);
  } finally {
    interrupt.dispose();
  }
};
