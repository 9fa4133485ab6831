import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe } from 'vitest';
import { openS3Storage } from './s3-storage.ts';
import { describeStorageContract } from './storage-contract.ts';
import { hasTestS3, openTestS3, s3Needs, type TestS3 } from './test-s3-server.ts';

const there = await hasTestS3();

describe.skipIf(!there)(there ? 's3' : `s3 (${s3Needs})`, () => {
  let server: TestS3;
  beforeAll(async () => (server = await openTestS3()));
  afterAll(() => server[Symbol.asyncDispose]());

  describeStorageContract('objects of a bucket', async () => {
    const place = await server.makeBucket(`taxon-${randomUUID()}`);
    return openS3Storage({ ...place, prefix: 'a/b' });
  });
});
