import { buffer } from 'node:stream/consumers';
import type { Storage } from './storage.ts';

export const readWhole = async (storage: Storage, key: string, signal?: AbortSignal): Promise<Buffer | undefined> => {
  const stream = await storage.read(key, signal);
  return stream && buffer(stream);
};
