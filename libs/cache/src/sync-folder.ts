import { open } from 'node:fs/promises';

/** A rename survives a power cut once its folder is synced; not every system lets folders be opened. */
export const syncFolder = async (folder: string): Promise<void> => {
  const handle = await open(folder, 'r').catch(() => undefined);
  try {
    await handle?.sync().catch(() => undefined);
  } finally {
    await handle?.close();
  }
};
