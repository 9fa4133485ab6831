import { invalidInput } from '@taxon/errors';
import { isKey } from './keys.ts';

/** A bucket, where in it, and how it is reached. */
export interface S3Place {
  readonly bucket: string;
  /** Without slashes at its ends; empty for the whole bucket. */
  readonly prefix: string;
  /** The server's address, `https://…`. */
  readonly endPoint: string;
  readonly region: string;
  /** Absent: requests are not signed. */
  readonly accessKey?: string;
  readonly secretKey?: string;
  readonly sessionToken?: string;
}

export const isS3Address = (text: string): boolean => text.startsWith('s3://');

/**
 * `s3://bucket/prefix`, with the rest from the environment variables that AWS's own tools read.
 * @throws TaxonError `invalid_input` naming what is wrong
 */
export const parseS3Place = (address: string, env: NodeJS.ProcessEnv = process.env): S3Place => {
  const [, bucket = '', prefix = ''] = /^s3:\/\/([^/]*)\/?(.*?)\/?$/.exec(address) ?? [];
  const shown = JSON.stringify(address);
  if (!/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(bucket))
    throw invalidInput(
      `registry: ${shown} names no bucket; it is s3://BUCKET/PREFIX, the bucket 3 to 63 small letters, digits, dots and dashes`,
    );
  if (prefix !== '' && !isKey(prefix))
    throw invalidInput(
      `registry: ${shown}: the prefix is parts of letters, digits, dots, dashes and underscores, joined by /`,
    );
  // `||`: a variable that is set to nothing is not set.
  const region = env['AWS_REGION'] || env['AWS_DEFAULT_REGION'] || 'us-east-1';
  const endPoint = env['AWS_ENDPOINT_URL_S3'] || env['AWS_ENDPOINT_URL'] || `https://s3.${region}.amazonaws.com`;
  if (!URL.canParse(endPoint) || !/^https?:/.test(endPoint))
    throw invalidInput(`AWS_ENDPOINT_URL: ${JSON.stringify(endPoint)} is no address such as https://host:9000`);
  const accessKey = env['AWS_ACCESS_KEY_ID'] || undefined;
  const secretKey = env['AWS_SECRET_ACCESS_KEY'] || undefined;
  const sessionToken = env['AWS_SESSION_TOKEN'] || undefined;
  if ((accessKey === undefined) !== (secretKey === undefined))
    throw invalidInput(
      `registry: ${shown}: ${accessKey === undefined ? 'AWS_ACCESS_KEY_ID' : 'AWS_SECRET_ACCESS_KEY'} is missing`,
    );
  return { bucket, prefix, endPoint, region, accessKey, secretKey, sessionToken };
};
