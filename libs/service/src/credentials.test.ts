import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { credentials, type ChannelCredentials } from '@grpc/grpc-js';
import { TokenizeRequest, TokenizerClient, type TokenizeResponse } from '@taxon/contracts';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { connect, type ConnectOptions } from './connect.ts';
import { echoService, failureOf, startTestHost, stopTestHosts, tokenize } from './test-support.ts';

const run = promisify(execFile);
const openssl = await run('openssl', ['version']).then(
  () => true,
  () => false,
);

afterEach(stopTestHosts);

describe('configuration of TLS', () => {
  it.each([
    [{ tlsCert: 'a.pem' }, 'tlsKey: missing; TLS needs tlsCert and tlsKey both'],
    [{ tlsKey: 'a.pem' }, 'tlsCert: missing; TLS needs tlsCert and tlsKey both'],
    [{ tlsClientCa: 'a.pem' }, 'tlsClientCa: needs tlsCert and tlsKey too'],
    [{ tlsCert: 'nowhere.pem', tlsKey: 'nowhere.pem' }, 'tlsCert: cannot read nowhere.pem'],
  ])('refuses %o', async (keys, message) => {
    await expect(startTestHost([echoService()], {}, keys)).rejects.toMatchObject({
      code: 'invalid_input',
      message: expect.stringContaining(message),
    });
  });
});

describe.skipIf(!openssl)('TLS (skipped where openssl is not installed)', () => {
  let folder: string;
  const at = (name: string) => join(folder, name);
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'taxon-tls-'));
    // Self-signed: each certificate is its own authority.
    for (const name of ['server', 'client', 'stranger'])
      await run('openssl', [
        ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'],
        ...['-keyout', at(`${name}.key`), '-out', at(`${name}.pem`), '-subj', `/CN=${name}`],
        ...['-addext', 'subjectAltName=IP:127.0.0.1'],
      ]);
  });
  afterAll(() => rm(folder, { recursive: true }));

  const callWith = async (port: number, channel: ChannelCredentials) => {
    const client = new TokenizerClient(`127.0.0.1:${port}`, channel);
    try {
      return await tokenize(client, ['abc'], { deadline: Date.now() + 3000 });
    } finally {
      client.close();
    }
  };

  const channel = async (identity?: string) => {
    const ca = await readFile(at('server.pem'));
    if (identity === undefined) return credentials.createSsl(ca);
    return credentials.createSsl(ca, await readFile(at(`${identity}.key`)), await readFile(at(`${identity}.pem`)));
  };

  it('encrypts, and refuses plain text', async () => {
    const { host } = await startTestHost([echoService()], {}, { tlsCert: at('server.pem'), tlsKey: at('server.key') });
    expect(await callWith(host.port, await channel())).toEqual([3]);
    expect((await failureOf(callWith(host.port, credentials.createInsecure()))).code).toBeGreaterThan(0);
  });

  it('asks callers for a certificate of the configured authorities', async () => {
    const keys = { tlsCert: at('server.pem'), tlsKey: at('server.key'), tlsClientCa: at('client.pem') };
    const { host } = await startTestHost([echoService()], {}, keys);
    expect(await callWith(host.port, await channel('client'))).toEqual([3]);
    expect((await failureOf(callWith(host.port, await channel()))).code).toBeGreaterThan(0);
    expect((await failureOf(callWith(host.port, await channel('stranger')))).code).toBeGreaterThan(0);
  });

  it('is spoken by `connect`, which shows a certificate where it has one', async () => {
    const keys = { tlsCert: at('server.pem'), tlsKey: at('server.key'), tlsClientCa: at('client.pem') };
    const { host } = await startTestHost([echoService()], {}, keys);
    const own = { address: `127.0.0.1:${host.port}`, tlsCa: at('server.pem') };
    const ask = async (options: ConnectOptions): Promise<TokenizeResponse> => {
      using tokenizer = await connect(TokenizerClient, { name: 'tokenizer', hint: 'start it' }, options);
      const request = TokenizeRequest.fromPartial({ texts: ['abc'] });
      return await tokenizer.ask<TokenizeResponse>((...call) => tokenizer.client.tokenize(request, ...call));
    };
    const identity = { tlsCert: at('client.pem'), tlsKey: at('client.key') };
    expect((await ask({ ...own, ...identity })).encodings[0]!.ids).toEqual([3]);
    await expect(ask(own)).rejects.toMatchObject({ code: 'unavailable' });
  });
});
