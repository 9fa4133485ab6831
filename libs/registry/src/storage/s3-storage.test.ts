import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { connect, createServer as createTcpServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openRegistry } from '../open-registry.ts';
import { readWhole } from './read-whole.ts';
import { PatientClient } from './s3-client.ts';
import type { S3Place } from './s3-place.ts';
import { openS3Storage } from './s3-storage.ts';
import { describeStorageContract } from './storage-contract.ts';
import { hasTestS3, openTestS3, s3Needs, type TestS3 } from './test-s3-server.ts';

const there = await hasTestS3();

interface Line extends AsyncDisposable {
  readonly endPoint: string;
  /** Answers that are still to break off after so many bytes. */
  breaks: number[];
}

/** A line to the server that breaks off. */
const breakingLine = async (endPoint: string): Promise<Line> => {
  const { hostname, port } = new URL(endPoint);
  const server = createTcpServer((near) => {
    const far = connect(Number(port), hostname);
    let passed = 0;
    near.on('data', (chunk) => {
      passed = 0;
      far.write(chunk);
    });
    far.on('data', (chunk: Buffer) => {
      const [left] = line.breaks;
      passed += chunk.length;
      if (left === undefined || passed <= left) return near.write(chunk);
      line.breaks.shift();
      near.write(chunk.subarray(0, Math.max(0, chunk.length - (passed - left))), () => near.destroy());
      return far.destroy();
    });
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const)
      one.on('error', () => other.destroy()).on('close', () => other.destroy());
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const line: Line = {
    endPoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    breaks: [],
    [Symbol.asyncDispose]: async () => {
      server.close();
      await Promise.resolve();
    },
  };
  return line;
};

describe.skipIf(!there)(there ? 's3' : `s3 (${s3Needs})`, () => {
  let server: TestS3;
  beforeAll(async () => (server = await openTestS3()));
  afterAll(() => server[Symbol.asyncDispose]());
  const bucket = (): Promise<S3Place> => server.makeBucket(`taxon-${randomUUID()}`);
  const large = Buffer.alloc(30_000_000, 'classifier ');

  const uploadsOf = async (place: S3Place): Promise<number> => {
    const client = new PatientClient({ ...place });
    const asked = { method: 'GET', objectName: '', query: { uploads: '' }, returnBody: true };
    return (await (await client.makeRequest(asked)).text()).match(/<UploadId>/g)?.length ?? 0;
  };

  describeStorageContract('objects of a bucket', async () => openS3Storage({ ...(await bucket()), prefix: 'a/b' }));

  it('goes on where the line broke: up, down, and where the answer to a conditional write was lost', async () => {
    const place = await bucket();
    await using line = await breakingLine(place.endPoint);
    const storage = openS3Storage({ ...place, endPoint: line.endPoint });
    expect(await storage.write('log/1', Buffer.from('one'), { ifAbsent: true })).toBe(true);
    line.breaks = [0];
    expect(await storage.write('log/2', Buffer.from('two'), { ifAbsent: true })).toBe(true);
    expect(line.breaks).toEqual([]);
    line.breaks = [0];
    expect(await storage.write('log/2', Buffer.from('other'), { ifAbsent: true })).toBe(false);
    line.breaks = [0, 0, 10];
    await storage.write('large', Readable.from([large]), { bytes: large.length });
    expect(line.breaks).toEqual([]);
    line.breaks = [5_000_000, 0, 9_000_000];
    expect((await readWhole(storage, 'large'))!.equals(large)).toBe(true);
    expect(line.breaks).toEqual([]);
  });

  it('leaves no parts of what fails, and takes away those of the killed', async () => {
    const place = await bucket();
    const storage = openS3Storage(place);
    // eslint-disable-next-line @typescript-eslint/require-await -- a stream that breaks off
    async function* broken(): AsyncGenerator<Buffer> {
      yield large;
      throw new Error('broken off');
    }
    for (let i = 0; i < 4; i++) await expect(storage.write('x', Readable.from(broken()))).rejects.toThrow('broken off');
    const stopped = new AbortController();
    const writing = storage.write('x', Readable.from([large, large]), { signal: stopped.signal });
    setTimeout(() => stopped.abort(), 100);
    await expect(writing).rejects.toMatchObject({ name: 'AbortError' });
    expect(await uploadsOf(place)).toBe(0);
    const begun = { method: 'POST', objectName: 'killed', query: 'uploads' };
    await new PatientClient({ ...place }).makeRequest(begun);
    await storage.removeUnfinished('kil', new Date(0));
    expect(await uploadsOf(place)).toBe(1);
    await storage.removeUnfinished('other/', new Date(Date.now() + 60_000));
    expect(await uploadsOf(place)).toBe(1);
    await storage.removeUnfinished('kil', new Date(Date.now() + 60_000));
    expect(await uploadsOf(place)).toBe(0);
  });

  it('says what is wrong: the bucket, the secret, the server', async () => {
    const place = await bucket();
    const write = (wrong: Partial<S3Place>) => openS3Storage({ ...place, ...wrong }).write('a', Buffer.from('x'));
    await expect(write({ bucket: 'no-such-bucket' })).rejects.toMatchObject({
      code: 'not_found',
      message: 's3://no-such-bucket/a: the bucket does not exist',
    });
    await expect(write({ secretKey: 'wrong' })).rejects.toMatchObject({
      code: 'permission_denied',
      hint: expect.stringContaining('AWS_SECRET_ACCESS_KEY'),
    });
    const listening = createServer();
    await once(listening.listen(0, '127.0.0.1'), 'listening');
    const { port } = listening.address() as AddressInfo;
    listening.close();
    await expect(write({ endPoint: `http://127.0.0.1:${port}` })).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining('ECONNREFUSED'),
    });
  });

  it('holds a registry', async () => {
    const place = await bucket();
    const folder = await mkdtemp(join(tmpdir(), 'taxon-s3-'));
    try {
      const open = () => openRegistry({ storage: openS3Storage(place), checkouts: join(folder, 'checkouts') });
      const folders = await Promise.all(
        Array.from({ length: 6 }, async (_, i) => {
          const path = join(folder, `model-${i}`);
          await mkdir(path);
          await writeFile(join(path, 'config.json'), '{}');
          await writeFile(join(path, 'weights'), Buffer.alloc(100_000, `${i} `));
          return path;
        }),
      );
      const lineage = { how: 'trained' as const };
      const made = await Promise.all(folders.map((path) => open().register({ model: 'm', folder: path, lineage })));
      expect(made.map(({ version }) => version).sort()).toEqual([1, 2, 3, 4, 5, 6]);
      const by = 'a test';
      await open().moveAlias({ model: 'm', alias: 'serving', to: 1, by });
      const moves = await Promise.allSettled(
        [2, 3, 4, 5].map((to) => open().moveAlias({ model: 'm', alias: 'serving', to, expected: { version: 1 }, by })),
      );
      expect(moves.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
      const serving = await open().resolve('m');
      const wanted = await readFile(
        join(folders[made.findIndex(({ version }) => version === serving.version)]!, 'weights'),
      );
      expect((await readFile(join(await open().checkOut(serving), 'weights'))).equals(wanted)).toBe(true);
      await using lease = await open().lease(await open().resolve('m@6'), by);
      const { versions } = await open().collect({ keepLast: 0, keepDays: 0 });
      expect(versions).toHaveLength(4);
      expect(lease.lost.aborted).toBe(false);
      expect((await open().history('m')).map(({ revision }) => revision)).toEqual(
        Array.from({ length: 12 }, (_, i) => i + 1),
      );
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

describe('s3 servers without conditional writes', () => {
  it('are found out before anything rests on them', async () => {
    const server = createServer((_, response) => response.end());
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const endPoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const storage = openS3Storage({ bucket: 'bucket', prefix: '', endPoint, region: 'us-east-1' });
    await expect(storage.write('a', Buffer.from('x'), { ifAbsent: true })).rejects.toMatchObject({
      code: 'failed_precondition',
      message: expect.stringContaining('does not know conditional writes'),
    });
    server.close();
  });
});
