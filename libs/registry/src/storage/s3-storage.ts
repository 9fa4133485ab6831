import { addAbortSignal, Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import type { ReadableStream } from 'node:stream/web';
import { S3Errors } from '@bradenmacdonald/s3-lite-client';
import { TaxonError } from '@taxon/errors';
import { expectKey, isKey } from './keys.ts';
import { PatientClient } from './s3-client.ts';
import { asStorageError, isNotThere, isTaken } from './s3-errors.ts';
import type { S3Place } from './s3-place.ts';
import type { Storage } from './storage.ts';

/** Larger objects go in parts of so many bytes, four at once. S3's least is 5 MiB. */
const partBytes = 8 * 2 ** 20;
/** S3 takes 10,000 parts at most. */
const mostParts = 10_000;
/** A download that breaks off goes on where it was, so often. */
const mostBreaks = 5;
/** Never a key: it begins with a dot. */
const probe = '.conditional-writes';

interface Upload {
  key: string;
  uploadId: string;
  begun: Date;
}

/** Of the answer to ListMultipartUploads, those with names that are ours. */
const parseUploads = (xml: string): Upload[] =>
  [...xml.matchAll(/<Upload>(.*?)<\/Upload>/gs)].flatMap(([, upload = '']) => {
    const field = (name: string): string => new RegExp(`<${name}>([^<]*)</${name}>`).exec(upload)?.[1] ?? '';
    const [key, uploadId, begun] = [field('Key'), field('UploadId'), new Date(field('Initiated'))];
    return isKey(key) && uploadId !== '' ? [{ key, uploadId, begun }] : [];
  });

/** Objects of a bucket of any server that speaks S3's protocol and knows conditional writes (`If-None-Match: *`). */
export const openS3Storage = ({ bucket, prefix, ...connection }: S3Place): Storage => {
  const place = `s3://${bucket}${prefix === '' ? '' : `/${prefix}`}`;
  const beginning = prefix === '' ? '' : `${prefix}/`;
  const nameOf = (key: string): string => beginning + expectKey(key);
  const client = (signal?: AbortSignal): PatientClient => new PatientClient({ ...connection, bucket }, signal);
  const failed = (key: string, error: unknown): unknown => asStorageError(`${place}/${key}`, error);

  const get = (name: string, from: number, etag: string | null, signal?: AbortSignal): Promise<Response> => {
    const headers = new Headers();
    if (from > 0) headers.set('Range', `bytes=${from}-`);
    // The rest of another object is not the rest of this one.
    if (from > 0 && etag !== null) headers.set('If-Match', etag);
    const statusCode = from > 0 ? 206 : 200;
    return client(signal).makeRequest({ method: 'GET', objectName: name, headers, statusCode, returnBody: true });
  };

  async function* download(key: string, first: Response, signal?: AbortSignal): AsyncGenerator<Uint8Array> {
    const etag = first.headers.get('etag');
    let response = first;
    let at = 0;
    for (let breaks = 0; ; breaks++) {
      try {
        if (response.body === null) return;
        for await (const chunk of response.body as ReadableStream<Uint8Array>) {
          signal?.throwIfAborted();
          at += chunk.length;
          yield chunk;
        }
        return;
      } catch (error) {
        if (signal?.aborted || breaks === mostBreaks) throw failed(key, error);
      }
      response = await get(nameOf(key), at, etag, signal).catch((error: unknown) => {
        throw failed(key, error);
      });
    }
  }

  /** Of several at once one makes it. @returns false where an object is there */
  const putIfAbsent = async (name: string, payload: Uint8Array, signal?: AbortSignal): Promise<boolean> => {
    const writer = client(signal);
    const bytes = new Uint8Array(payload);
    try {
      const headers = new Headers({ 'If-None-Match': '*' });
      await writer.makeRequest({ method: 'PUT', objectName: name, headers, payload: bytes });
      return true;
    } catch (error) {
      if (!isTaken(error)) throw error;
      if (!writer.askedAgain) return false;
      // It may be our own, of the request whose answer was lost.
      const there = await client(signal).getObject(name);
      return Buffer.from(await there.arrayBuffer()).equals(payload);
    }
  };
  // A server that takes the condition for nothing would let two writers win: it is asked once, before it is believed.
  const expectConditions = async (): Promise<void> => {
    const name = beginning + probe;
    const written = (await putIfAbsent(name, Buffer.from('1'))) && (await putIfAbsent(name, Buffer.from('2')));
    if (written)
      throw new TaxonError({
        code: 'failed_precondition',
        message: `${place}: the server does not know conditional writes (If-None-Match), without which a registry is not safe`,
        hint: 'Use a newer version of it, or another.',
      });
  };
  let conditions: Promise<void> | undefined;

  const abort = async (objectName: string, uploadId: string): Promise<void> => {
    await client().makeRequest({ method: 'DELETE', objectName, query: { uploadId }, statusCode: 204 });
  };
  const upload = async (name: string, source: Readable, bytes: number | undefined, signal?: AbortSignal) => {
    const writer = client(signal);
    const stream = Readable.toWeb(signal === undefined ? source : addAbortSignal(signal, source));
    const partSize = Math.max(partBytes, Math.ceil((bytes ?? 0) / mostParts));
    try {
      await writer.putObject(name, stream as globalThis.ReadableStream<Uint8Array>, { partSize });
    } catch (error) {
      // Parts that nobody completes are kept, and paid for.
      await writer.end();
      if (writer.uploadId !== undefined) await abort(name, writer.uploadId).catch(() => undefined);
      throw error;
    }
  };

  return {
    place,
    read: async (key, signal) => {
      const name = nameOf(key);
      try {
        const response = await get(name, 0, null, signal);
        return Readable.from(download(key, response, signal), { objectMode: false });
      } catch (error) {
        if (isNotThere(error)) return undefined;
        throw failed(key, error);
      }
    },
    write: async (key, source, { ifAbsent = false, bytes, signal } = {}) => {
      const name = nameOf(key);
      try {
        signal?.throwIfAborted();
        if (ifAbsent) {
          conditions ??= expectConditions();
          await conditions.catch((error: unknown) => {
            conditions = undefined;
            throw error;
          });
          // Small in practice: a condition is on one request, and so all of it.
          return await putIfAbsent(name, source instanceof Readable ? await buffer(source) : source, signal);
        }
        if (source instanceof Readable) await upload(name, source, bytes, signal);
        else await client(signal).putObject(name, new Uint8Array(source));
        return true;
      } catch (error) {
        throw failed(key, error);
      }
    },
    list: (wanted, signal) => ({
      async *[Symbol.asyncIterator]() {
        try {
          for await (const { key, size, lastModified } of client(signal).listObjects({ prefix: beginning + wanted })) {
            const inner = key.slice(beginning.length);
            if (isKey(inner)) yield { key: inner, bytes: size, modified: lastModified };
          }
        } catch (error) {
          throw failed(wanted, error);
        }
      },
    }),
    stat: async (key) => {
      const name = nameOf(key);
      try {
        const { size, lastModified } = await client().statObject(name);
        return { key, bytes: size, modified: lastModified };
      } catch (error) {
        if (isNotThere(error)) return undefined;
        throw failed(key, error);
      }
    },
    remove: async (key) => {
      const name = nameOf(key);
      try {
        await client().deleteObject(name);
      } catch (error) {
        if (!isNotThere(error)) throw failed(key, error);
      }
    },
    removeUnfinished: async (wanted, before) => {
      try {
        // The first thousand; the next time, the next.
        const query = { uploads: '', prefix: beginning + wanted };
        const response = await client().makeRequest({ method: 'GET', objectName: '', query, returnBody: true });
        for (const { key, uploadId, begun } of parseUploads(await response.text()))
          if (begun < before) await abort(key, uploadId);
      } catch (error) {
        // Servers that keep no lists of uploads have rules of their own for them.
        const unknown = error instanceof S3Errors.ServerError && [400, 404, 405, 501].includes(error.statusCode);
        if (!unknown) throw failed('', error);
      }
    },
  };
};
