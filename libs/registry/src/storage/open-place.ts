import { createHash } from 'node:crypto';
import { join, resolve } from 'node:path';
import { defaultCacheFolder } from '@taxon/cache';
import { openFileStorage } from './file-storage.ts';
import { isS3Address, parseS3Place } from './s3-place.ts';
import { openS3Storage } from './s3-storage.ts';
import type { Storage } from './storage.ts';

/** Where a registry lies and where its versions are put for use. */
export interface OpenedPlace {
  storage: Storage;
  checkouts: string;
}

/**
 * A registry's place as people write it: a folder, or `s3://bucket/prefix` with credentials from AWS's environment variables.
 * Checkouts of a folder lie in it; those of a bucket in Taxon's cache.
 * @throws TaxonError `invalid_input`
 */
export const openPlace = (place: string): OpenedPlace => {
  if (!isS3Address(place)) return { storage: openFileStorage(place), checkouts: join(resolve(place), '.checkouts') };
  const s3 = parseS3Place(place);
  // Buckets of one name on two servers are not one.
  const id = createHash('sha256').update(`${s3.endPoint} ${s3.bucket} ${s3.prefix}`).digest('hex').slice(0, 16);
  return { storage: openS3Storage(s3), checkouts: join(defaultCacheFolder(), 'checkouts', id) };
};
