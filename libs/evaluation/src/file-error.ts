import { isDiskFull, TaxonError } from '@taxon/errors';

/** What keeps a file from being written, as a TaxonError that says so; other errors as they are. */
export const fileError = (path: string, error: unknown): unknown => {
  if (error instanceof Error && error.name === 'AbortError') return TaxonError.from(error);
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (isDiskFull(error))
    return new TaxonError({
      code: 'resource_exhausted',
      message: `${path} cannot be written: the disk is full`,
      hint: 'Free some space and write it again.',
      cause: error,
    });
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS')
    return new TaxonError({
      code: 'permission_denied',
      message: `${path} may not be written by this user`,
      cause: error,
    });
  return error;
};
