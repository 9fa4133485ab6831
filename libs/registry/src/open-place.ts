import { join, resolve } from 'node:path';
import { invalidInput } from '@taxon/errors';
import { openRegistry } from './open-registry.ts';
import type { Registry } from './registry.ts';
import { openFileStorage } from './storage/file-storage.ts';

/**
 * The registry at a place: a folder, which is made when something is registered.
 * @throws TaxonError `invalid_input` for what is no place
 */
export const openRegistryAt = (place: string): Registry => {
  if (/^[a-z][a-z0-9+.-]*:\/\//iu.test(place))
    throw invalidInput(`registry: ${JSON.stringify(place)} is no place that is known here; it is a folder`);
  const folder = resolve(place);
  // Hidden: it is no object of the storage.
  return openRegistry({ storage: openFileStorage(folder), checkouts: join(folder, '.checkouts') });
};
