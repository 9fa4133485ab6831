import { describe, expect, it } from 'vitest';
import { openPlace } from './open-place.ts';
import { parseS3Place } from './s3-place.ts';

const keys = { AWS_ACCESS_KEY_ID: 'id', AWS_SECRET_ACCESS_KEY: 'secret' };

describe('s3 addresses', () => {
  it('name a bucket and a prefix; the rest is in the environment', () => {
    expect(parseS3Place('s3://models/a/b/', { ...keys, AWS_REGION: 'eu-central-1', AWS_ENDPOINT_URL: '' })).toEqual({
      ...{ bucket: 'models', prefix: 'a/b', region: 'eu-central-1', accessKey: 'id', secretKey: 'secret' },
      endPoint: 'https://s3.eu-central-1.amazonaws.com',
    });
    expect(parseS3Place('s3://models', { AWS_ENDPOINT_URL: 'http://localhost:9000' })).toMatchObject({
      ...{ prefix: '', region: 'us-east-1', endPoint: 'http://localhost:9000', accessKey: undefined },
    });
  });

  it.each([
    ['s3://', {}, 'names no bucket'],
    ['s3://Upper/x', {}, 'names no bucket'],
    ['s3://models/../x', {}, 'the prefix is'],
    ['s3://models//x', {}, 'the prefix is'],
    ['s3://models', { AWS_ACCESS_KEY_ID: 'id' }, 'AWS_SECRET_ACCESS_KEY is missing'],
    ['s3://models', { AWS_ENDPOINT_URL: 'localhost:9000' }, 'AWS_ENDPOINT_URL: "localhost:9000" is no address'],
  ])('refuses %s with %o', (address, env, message) => {
    expect(() => parseS3Place(address, env)).toThrow(message);
  });

  it('has checkouts beside a folder, and in the cache for a bucket', () => {
    expect(openPlace('/srv/registry')).toMatchObject({ checkouts: '/srv/registry/.checkouts' });
    const { storage, checkouts } = openPlace('s3://models/a');
    expect(storage.place).toBe('s3://models/a');
    expect(checkouts).toContain('checkouts');
  });
});
