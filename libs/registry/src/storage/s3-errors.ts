import { S3Errors } from '@bradenmacdonald/s3-lite-client';
import { TaxonError, type ErrorCode } from '@taxon/errors';

const credentialsHint =
  'Look at AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_REGION and, for servers other than AWS, AWS_ENDPOINT_URL.';

const describeServerError = ({ statusCode, code, message }: S3Errors.ServerError): [ErrorCode, string, string?] => {
  if (code === 'NoSuchBucket')
    return ['not_found', 'the bucket does not exist', 'Make it first; AWS_ENDPOINT_URL says on which server it is.'];
  if (code === 'RequestTimeTooSkewed')
    return ['failed_precondition', `${code}: ${message}`, "Set this machine's clock right."];
  if (statusCode === 401 || statusCode === 403) return ['permission_denied', `${code}: ${message}`, credentialsHint];
  if (statusCode === 507 || /quota|full/i.test(code)) return ['resource_exhausted', `${code}: ${message}`];
  if (statusCode >= 500 || statusCode === 429) return ['unavailable', `${code}: ${message}`];
  return ['failed_precondition', `${code}: ${message}`, credentialsHint];
};

export const isNotThere = (error: unknown): boolean =>
  error instanceof S3Errors.ServerError && error.statusCode === 404 && error.code !== 'NoSuchBucket';

/** Somebody else's object is there. */
export const isTaken = (error: unknown): boolean => error instanceof S3Errors.ServerError && error.statusCode === 412;

/** @param where what was read or written */
export const asStorageError = (where: string, error: unknown): unknown => {
  if (error instanceof TaxonError || !(error instanceof Error) || error.name === 'AbortError') return error;
  if (error instanceof S3Errors.ServerError) {
    const [code, message, hint] = describeServerError(error);
    return new TaxonError({ code, message: `${where}: ${message}`, hint, cause: error });
  }
  // fetch says why in the cause: ECONNREFUSED, a name that does not exist.
  const reason = error.cause instanceof Error ? error.cause.message || String(error.cause) : error.message;
  return new TaxonError({ code: 'unavailable', message: `${where}: ${reason}`, hint: credentialsHint, cause: error });
};
