import { setTimeout } from 'node:timers/promises';
import { S3Client, S3Errors, type S3ClientOptions } from '@bradenmacdonald/s3-lite-client';

type Request = Parameters<S3Client['makeRequest']>[0];

/** Attempts at one request; with the pauses between them about 3 s. */
const attempts = 6;
const firstPause = 100;

/** What may go another way when it is asked again: the network, a server that is busy, two conditional writes at one moment. */
const isPassing = (error: unknown): boolean => {
  if (error instanceof S3Errors.ServerError)
    return (
      error.statusCode >= 500 ||
      error.statusCode === 429 ||
      ['ConditionalRequestConflict', 'OperationAborted', 'RequestTimeout', 'SlowDown'].includes(error.code)
    );
  // How fetch tells that there was no answer.
  return error instanceof TypeError;
};

/**
 * The library's client, that asks again, stops when it is told to, and knows the upload in parts that it is at. One for each
 * operation: it costs nothing.
 */
export class PatientClient extends S3Client {
  /** Of the upload in parts that was begun, if one was. */
  uploadId: string | undefined;
  /** Whether a request was sent more than once: then the first may have been carried out, its answer lost. */
  askedAgain = false;
  readonly #signal: AbortSignal | undefined;
  readonly #underWay = new Set<Promise<unknown>>();
  #ended = false;

  constructor(options: S3ClientOptions, signal?: AbortSignal) {
    super(options);
    this.#signal = signal;
  }

  override async makeRequest(request: Request): Promise<Response> {
    const asking = this.#ask(request);
    const settled = asking.catch(() => undefined);
    this.#underWay.add(settled);
    try {
      return await asking;
    } finally {
      this.#underWay.delete(settled);
    }
  }

  /** Sends nothing more, and waits for what is under way: the library goes on with parts for a while after a stream has failed. */
  async end(): Promise<void> {
    this.#ended = true;
    await Promise.all(this.#underWay);
  }

  async #ask(request: Request): Promise<Response> {
    for (let attempt = 1; ; attempt++) {
      this.#signal?.throwIfAborted();
      if (this.#ended) throw new Error('the operation has ended');
      try {
        const response = await super.makeRequest({ ...request, headers: new Headers(request.headers) });
        if (request.query === 'uploads' && request.returnBody)
          this.uploadId = /<UploadId>([^<]+)</.exec(await response.clone().text())?.[1] ?? this.uploadId;
        return response;
      } catch (error) {
        if (attempt === attempts || !isPassing(error)) throw error;
        this.askedAgain = true;
        // Half of it by chance, so that those who met do not meet again.
        const pause = firstPause * 2 ** (attempt - 1) * (0.5 + Math.random() / 2);
        await setTimeout(pause, undefined, { signal: this.#signal });
      }
    }
  }
}
