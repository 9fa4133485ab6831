import {
  InferenceClient,
  TokenizeRequest,
  TokenizerClient,
  type ListModelsResponse,
  type TokenizeResponse,
} from '@taxon/contracts';
import { TaxonError } from '@taxon/errors';
import { afterEach, expect, it } from 'vitest';
import { connect } from './connect.ts';
import { echoService, startTestHost, stopTestHosts } from './test-support.ts';

afterEach(stopTestHosts);

const called = { name: 'tokenizer', hint: 'start it' };
const tokenize = async (address: string, more: { token?: string } = {}, signal?: AbortSignal) => {
  using tokenizer = await connect(TokenizerClient, called, { address, ...more });
  return await tokenizer.ask<TokenizeResponse>(
    (...call) => tokenizer.client.tokenize(TokenizeRequest.fromPartial({ texts: ['abc'] }), ...call),
    signal,
  );
};

it('asks with a token, and passes on what the service says', async () => {
  const refusal = new TaxonError({ code: 'not_found', message: 'no such thing', hint: 'look elsewhere' });
  let failing = false;
  const handlers = {
    tokenize: () => {
      if (failing) throw refusal;
      return { encodings: [] };
    },
  };
  const { host } = await startTestHost([echoService(handlers)], {}, { token: 'secret' });
  const address = `127.0.0.1:${host.port}`;
  expect(await tokenize(address, { token: 'secret' })).toEqual({ encodings: [] });
  await expect(tokenize(address)).rejects.toMatchObject({
    code: 'unauthenticated',
    hint: expect.stringContaining('--token'),
  });
  failing = true;
  await expect(tokenize(address, { token: 'secret' })).rejects.toMatchObject({ code: 'not_found', message: 'no such thing', hint: 'look elsewhere' }); // prettier-ignore
});

it('names the address where nobody answers, and the service that is not there', async () => {
  await expect(tokenize('127.0.0.1:9')).rejects.toMatchObject({ code: 'unavailable', message: 'no tokenizer answers at 127.0.0.1:9: connect ECONNREFUSED 127.0.0.1:9', hint: 'start it' }); // prettier-ignore
  const { host } = await startTestHost([echoService()]);
  const address = `127.0.0.1:${host.port}`;
  using other = await connect(InferenceClient, { name: 'inference', hint: 'start it' }, { address });
  await expect(other.ask<ListModelsResponse>((...call) => other.client.listModels({}, ...call))).rejects.toMatchObject({
    ...{ code: 'failed_precondition', message: `${address} serves no inference`, hint: 'start it' },
  });
});

it('stops waiting when it is told to', async () => {
  const stopping = new AbortController();
  const handlers = {
    tokenize: () => {
      stopping.abort(new TaxonError({ code: 'cancelled', message: 'enough' }));
      return new Promise<never>(() => undefined);
    },
  };
  const { host } = await startTestHost([echoService(handlers)], {}, { drainSeconds: 0 });
  await expect(tokenize(`127.0.0.1:${host.port}`, {}, stopping.signal)).rejects.toThrow('enough');
});

it.each([
  [{ address: 'here' }, "--address: 'here' is no HOST:PORT"],
  [{ address: 'here:1', tlsCert: 'a.pem' }, '--tls-key: missing; both or none'],
  [{ address: 'here:1', tlsCa: 'nowhere.pem' }, '--tls-ca: cannot read nowhere.pem'],
])('refuses %o', async (options, message) => {
  await expect(connect(TokenizerClient, called, options)).rejects.toMatchObject({
    code: 'invalid_input',
    message: expect.stringContaining(message),
  });
});
