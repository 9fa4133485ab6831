import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { credentials, type ServiceError } from '@grpc/grpc-js';
import { TokenizeRequest, TokenizerClient, type DescribeResponse, type TokenizeResponse } from '@taxon/contracts';
import { fromGrpcError, hostServices, type Host } from '@taxon/service';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { tokenizerService } from './index.ts';
import { tokenizerJson } from './testing.ts';

let folder: string;
let host: Host;
let client: InstanceType<typeof TokenizerClient>;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'taxon-tokenizer-'));
  await writeFile(join(folder, 'tokenizer.json'), JSON.stringify(tokenizerJson));
  await writeFile(join(folder, 'tokenizer_config.json'), JSON.stringify({ model_max_length: 512, pad_token: '[PAD]' }));
  const settings = {
    port: 0,
    metricsPort: 0,
    logLevel: 'silent',
    encoder: folder,
    maxTexts: 1000,
    maxTextLength: 1000,
  };
  host = await hostServices([tokenizerService], { settings: { tokenizer: settings } });
  client = new TokenizerClient(`127.0.0.1:${host.port}`, credentials.createInsecure());
});
afterAll(async () => {
  client.close();
  await host.stop();
  await rm(folder, { recursive: true });
});

const settle =
  <T>(resolve: (value: T) => void, reject: (error: Error) => void) =>
  (error: ServiceError | null, response: T) =>
    error === null ? resolve(response) : reject(fromGrpcError(error));

const tokenize = (request: Partial<TokenizeRequest>) =>
  new Promise<number[][]>((resolve, reject) => {
    const done = ({ encodings }: TokenizeResponse) => resolve(encodings.map(({ ids }) => ids));
    client.tokenize(TokenizeRequest.fromPartial(request), settle(done, reject));
  });

describe('the tokenizer service', () => {
  it('gives the ids of each text, cut where asked', async () => {
    expect(await tokenize({ texts: ['Hello worlds', '', 'zzz'] })).toEqual([
      [2, 4, 5, 6, 3],
      [2, 3],
      [2, 1, 3],
    ]);
    expect(await tokenize({ texts: ['Hello worlds'], maxLength: 4 })).toEqual([[2, 4, 5, 3]]);
  });

  it('answers a stream message by message', async () => {
    const call = client.tokenizeStream();
    call.write({ texts: ['hello'] });
    call.write({ texts: ['world', 'hello'] });
    call.end();
    const sizes: number[] = [];
    for await (const { encodings } of call as AsyncIterable<TokenizeResponse>) sizes.push(encodings.length);
    expect(sizes).toEqual([1, 2]);
  });

  it('says what it serves', async () => {
    const description = await new Promise<DescribeResponse>((resolve, reject) => {
      client.describe({}, settle(resolve, reject));
    });
    expect(description).toEqual({ encoder: folder, vocabularySize: 7, maxLength: 512, padId: 0 });
  });

  it.each([
    [{ texts: [] }, 'texts: empty; at least one text is needed'],
    [{ texts: Array<string>(1001).fill('a') }, 'texts: 1001 texts are more than the limit 1000 (maxTexts)'],
    [{ texts: ['a', 'b'.repeat(1001)] }, 'texts[1]: 1001 UTF-16 units are more than the limit 1000 (maxTextLength)'],
  ])('refuses %#', async (request, message) => {
    await expect(tokenize(request)).rejects.toMatchObject({ code: 'invalid_input', message });
  });

  it('refuses a length that does not hold the special tokens', async () => {
    await expect(tokenize({ texts: ['a'], maxLength: 1 })).rejects.toMatchObject({ code: 'invalid_input' });
  });

  it('lets other calls through while it works on a long one', async () => {
    let finished = false;
    const long = tokenize({ texts: Array.from({ length: 1000 }, (_, n) => `word${n} `.repeat(100)) }).then(
      () => (finished = true),
    );
    await tokenize({ texts: ['a'] });
    expect(finished).toBe(false);
    await long;
  });

  it('counts texts and tokens', async () => {
    const page = await (await fetch(`http://127.0.0.1:${host.metricsPort}/metrics`)).text();
    expect(page).toMatch(/taxon_tokenizer_texts_total \d+/);
    expect(page).toMatch(/taxon_tokenizer_tokens_total \d+/);
  });
});
