import { TaxonError } from '@taxon/errors';

/** Why a port could not be opened, in terms of the key that set it. */
export const listenError = (key: string, { host, port }: { host: string; port: number }, cause: Error): TaxonError => {
  const where = `${key}: cannot listen on ${host}:${port}`;
  if (/EADDRINUSE/.test(cause.message))
    return new TaxonError({
      code: 'failed_precondition',
      message: `${where}: another process has this port`,
      hint: `choose another ${key}, or 0 for a free one`,
      cause,
    });
  if (/EACCES/.test(cause.message))
    return new TaxonError({ code: 'permission_denied', message: `${where}: ports below 1024 need privileges`, cause });
  return new TaxonError({ code: 'invalid_input', message: `${where}: ${cause.message}`, cause });
};
