import { isDiskFull, TaxonError } from '@taxon/errors';

/** An error of writing to the cache as `resource_exhausted`, if it or its cause says that the disk is full. */
export const asDiskError = (error: unknown, target: string): TaxonError | undefined => {
  if (!isDiskFull(error) && !isDiskFull((error as Error).cause)) return undefined;
  return new TaxonError({
    code: 'resource_exhausted',
    message: `the disk is full: ${target} cannot be written`,
    hint: 'Free some space, or set TAXON_CACHE to a folder on another disk; the download goes on where it stopped.',
    cause: error,
  });
};
