import { Metadata, status, type ServiceError } from '@grpc/grpc-js';
import { TaxonError, invalidInput } from '@taxon/errors';
import { afterEach, describe, expect, it } from 'vitest';
import { fromGrpcError } from './index.ts';
import {
  aborted,
  deferred,
  echoService,
  failureOf,
  lengths,
  startTestHost,
  stopTestHosts,
  tokenize,
  watchService,
} from './test-support.ts';

afterEach(stopTestHosts);

describe('calls', () => {
  it('answers a unary call', async () => {
    const { client } = await startTestHost();
    expect(await tokenize(client, ['a', 'bb', ''])).toEqual([1, 2, 0]);
  });

  it('answers a stream in order, one answer a message', async () => {
    const { client } = await startTestHost();
    const call = client.tokenizeStream();
    for (let n = 0; n < 100; n++) call.write({ texts: ['x'.repeat(n)] });
    call.end();
    const seen: number[] = [];
    for await (const { encodings } of call as AsyncIterable<ReturnType<typeof lengths>>)
      seen.push(encodings[0]!.ids[0]!);
    expect(seen).toEqual(Array.from({ length: 100 }, (_, n) => n));
  });

  it('lets a handler stop reading early and still answer', async () => {
    const service = echoService({
      tokenizeStream: async function* (requests) {
        for await (const { texts } of requests) {
          yield lengths(texts);
          break;
        }
        yield lengths(['done!']);
      },
    });
    const { client } = await startTestHost([service]);
    const call = client.tokenizeStream();
    call.write({ texts: ['a'] });
    call.write({ texts: ['b'] });
    const seen: number[] = [];
    for await (const { encodings } of call as AsyncIterable<ReturnType<typeof lengths>>)
      seen.push(encodings[0]!.ids[0]!);
    expect(seen).toEqual([1, 5]);
  });

  it('does not produce faster than the caller reads', async () => {
    let produced = 0;
    const message = 'm'.repeat(100_000);
    const service = watchService(async function* () {
      for (; produced < 1000; produced++) {
        yield {
          sequence: BigInt(produced),
          event: { $case: 'notice', value: { level: 'NOTICE_LEVEL_INFO', message } },
        };
        await new Promise(setImmediate);
      }
    });
    const { trainer } = await startTestHost([service]);
    const call = trainer.watchTraining({ trainingId: '1', afterSequence: 0n });
    await new Promise((resolve) => call.once('readable', resolve));
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(produced).toBeLessThan(200);
    call.on('error', () => undefined);
    call.cancel();
  });

  it.each(['unary', 'stream'] as const)('aborts the signal of a cancelled %s call', async (kind) => {
    const started = deferred();
    const ended = deferred<unknown>();
    const service = echoService({
      tokenize: async (_, context) => {
        started.resolve();
        ended.resolve(await aborted(context));
        return lengths([]);
      },
      tokenizeStream: async function* (requests, context) {
        for await (const { texts } of requests) {
          yield lengths(texts);
          started.resolve();
          ended.resolve(await aborted(context));
        }
      },
    });
    const { client, page } = await startTestHost([service]);
    const stream = () => {
      const call = client.tokenizeStream();
      call.on('error', () => undefined);
      call.write({ texts: ['a'] });
      return call;
    };
    const call = kind === 'unary' ? client.tokenize({ texts: ['a'] }, () => undefined) : stream();
    await started.promise;
    call.cancel();
    expect(await ended.promise).toMatchObject({ code: 'cancelled' });
    const method = kind === 'unary' ? 'Tokenize' : 'TokenizeStream';
    await expect.poll(async () => (await page('/metrics')).body).toContain(`method="${method}",code="CANCELLED"} 1`);
  });

  it('gives the deadline to the handler and aborts its signal when it passes', async () => {
    const seen = deferred<{ reason: unknown; deadline: Date | undefined }>();
    const service = echoService({
      tokenize: async (_, context) => {
        seen.resolve({ reason: await aborted(context), deadline: context.deadline });
        return lengths([]);
      },
    });
    const { client } = await startTestHost([service]);
    const deadline = Date.now() + 200;
    const error = await failureOf(tokenize(client, ['a'], { deadline }));
    expect(error.code).toBe(status.DEADLINE_EXCEEDED);
    const { reason, deadline: told } = await seen.promise;
    // The caller's own clock may end the call first, which arrives as a cancellation.
    expect(['deadline_exceeded', 'cancelled']).toContain((reason as TaxonError).code);
    expect(Math.abs(told!.getTime() - deadline)).toBeLessThan(1000);
  });

  it('does not abort the signal of a call that succeeded', async () => {
    let signal: AbortSignal | undefined;
    const service = echoService({
      tokenize: ({ texts }, context) => {
        signal = context.signal;
        return lengths(texts);
      },
    });
    const { client, host } = await startTestHost([service]);
    await tokenize(client, ['a']);
    await host.stop();
    expect(signal?.aborted).toBe(false);
  });
});

describe('errors', () => {
  const failing = (error: Error) => echoService({ tokenize: () => Promise.reject(error) });

  it('carry code, message, hint and violations to the caller', async () => {
    const thrown = invalidInput('texts: 3 are empty', 'leave them out', [
      { field: 'texts[0]', description: 'empty' },
      { field: 'texts[7]', description: 'empty \ud83d' },
    ]);
    const { client } = await startTestHost([failing(thrown)]);
    const error = await failureOf(tokenize(client, ['a']));
    expect(error.code).toBe(status.INVALID_ARGUMENT);
    expect(fromGrpcError(error)).toMatchObject({
      code: 'invalid_input',
      message: 'texts: 3 are empty',
      hint: 'leave them out',
      violations: [
        { field: 'texts[0]', description: 'empty' },
        { field: 'texts[7]', description: 'empty \ufffd' },
      ],
    });
  });

  it.each([
    ['not_found', status.NOT_FOUND],
    ['resource_exhausted', status.RESOURCE_EXHAUSTED],
    ['failed_precondition', status.FAILED_PRECONDITION],
    ['unavailable', status.UNAVAILABLE],
  ] as const)('map %s to its gRPC code', async (code, expected) => {
    const { client } = await startTestHost([failing(new TaxonError({ code, message: 'm' }))]);
    expect((await failureOf(tokenize(client, ['a']))).code).toBe(expected);
  });

  it('tell nothing of a bug but where to look it up', async () => {
    const lines: string[] = [];
    const logDestination = { write: (line: string) => void lines.push(line) };
    const service = failing(new Error('password=hunter2'));
    const { client } = await startTestHost([service], { logDestination }, { logLevel: 'info' });
    const metadata = new Metadata();
    metadata.set('x-request-id', 'abc-1');
    const error = await failureOf(tokenize(client, ['a'], { metadata }));
    expect(error.code).toBe(status.INTERNAL);
    expect(error.details).toContain('abc-1');
    expect(error.details).not.toContain('hunter2');
    const logged = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(logged).toContainEqual(
      expect.objectContaining({
        level: 'error',
        requestId: 'abc-1',
        err: expect.objectContaining({ message: 'password=hunter2' }),
      }),
    );
  });

  it('survive a message longer than trailers may be, and one with half a character', async () => {
    const long = new TaxonError({
      code: 'invalid_input',
      message: '\ud83d' + 'é🙂'.repeat(20_000),
      violations: Array.from({ length: 500 }, (_, n) => ({ field: `recipe.x${n}`, description: 'é'.repeat(2000) })),
    });
    const { client } = await startTestHost([failing(long)]);
    const error = await failureOf(tokenize(client, ['a']));
    expect(error.code).toBe(status.INVALID_ARGUMENT);
    expect(fromGrpcError(error).violations.length).toBeGreaterThan(0);
  });

  it('of a stream arrive after the answers that were sent before', async () => {
    const service = echoService({
      tokenizeStream: async function* (requests) {
        for await (const { texts } of requests) {
          if (texts.length === 0) throw invalidInput('texts: at least one is needed');
          yield lengths(texts);
        }
      },
    });
    const { client } = await startTestHost([service]);
    const call = client.tokenizeStream();
    const answers: unknown[] = [];
    const ended = new Promise<ServiceError>((resolve) => call.on('error', resolve));
    call.on('data', (answer) => answers.push(answer));
    call.write({ texts: ['a'] });
    call.write({ texts: [] });
    expect(fromGrpcError(await ended)).toMatchObject({
      code: 'invalid_input',
      message: 'texts: at least one is needed',
    });
    expect(answers).toHaveLength(1);
  });
});

describe('limits and admission', () => {
  it('refuse a message over the limit with both numbers, received and sent', async () => {
    const service = echoService({
      tokenize: ({ texts }) => ({ encodings: [{ ids: Array.from({ length: texts[0]!.length }, () => 2 ** 31) }] }),
    });
    const { client } = await startTestHost([service], {}, { maxMessageBytes: 10_000 });
    const received = await failureOf(tokenize(client, ['x'.repeat(20_000)]));
    expect(received.code).toBe(status.RESOURCE_EXHAUSTED);
    expect(received.details).toMatch(/^message size 20004 is larger than the limit 10000 bytes \(maxMessageBytes\)/);
    const sent = await failureOf(tokenize(client, ['x'.repeat(9000)]));
    expect(sent.code).toBe(status.RESOURCE_EXHAUSTED);
    expect(sent.details).toMatch(/^response message size \d+ is larger than the limit 10000 bytes/);
    expect(await tokenize(client, ['x'])).toEqual([2 ** 31]);
  });

  it('refuse a wrong or missing bearer token, health aside', async () => {
    const { client } = await startTestHost([echoService()], {}, { token: 'secret' });
    const withToken = (authorization: string) => {
      const metadata = new Metadata();
      metadata.set('authorization', authorization);
      return { metadata };
    };
    expect(await tokenize(client, ['a'], withToken('Bearer secret'))).toEqual([1]);
    expect(await failureOf(tokenize(client, ['a']))).toMatchObject({
      code: status.UNAUTHENTICATED,
      details: 'authorization: missing; send `Bearer <token>`',
    });
    expect(await failureOf(tokenize(client, ['a'], withToken('Bearer wrong')))).toMatchObject({
      code: status.UNAUTHENTICATED,
      details: 'authorization: wrong token',
    });
  });
});
