import { userInfo } from 'node:os';
import type { Registry } from '@taxon/registry';
import type { Command } from 'commander';

export interface RegistryOption {
  registry?: string;
  json?: boolean;
  quiet?: boolean;
}

const defaultPlace = 'registry';

export const addRegistryOption = (command: Command): Command =>
  command
    .option(
      '--registry <place>',
      `folder, or s3://BUCKET/PREFIX (default: TAXON_REGISTRY, else the folder ${defaultPlace})`,
    )
    .option('--json', 'one JSON line');

export const openNamedRegistry = async ({ registry }: RegistryOption): Promise<Registry> => {
  const { openPlace, openRegistry } = await import('@taxon/registry');
  return openRegistry(openPlace(registry ?? (process.env['TAXON_REGISTRY'] || defaultPlace)));
};

/** Who does it, for the audit log. */
export const currentUser = (): string => {
  try {
    return userInfo().username;
  } catch {
    // Containers run under users that have no name.
    return `user ${process.getuid?.() ?? ''}`.trim();
  }
};
