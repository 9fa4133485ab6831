import { credentials } from '@grpc/grpc-js';
import { HealthClient, type HealthCheckResponse } from '@taxon/contracts';
import { afterEach, describe, expect, it } from 'vitest';
import { hostServices, type LifecycleState } from './index.ts';
import {
  deferred,
  echoService,
  failureOf,
  freePorts,
  lengths,
  startTestHost,
  stopTestHosts,
  tokenize,
  watchService,
} from './test-support.ts';

afterEach(stopTestHosts);

const healthOf = (address: string) => new HealthClient(address, credentials.createInsecure());

const check = (client: InstanceType<typeof HealthClient>, service: string) =>
  new Promise<string>((resolve, reject) => {
    client.check({ service }, (error, response) => (error === null ? resolve(response.status) : reject(error)));
  });

const noWatch = watchService(async function* () {
  // Ends at once.
});

describe('health and probes', () => {
  it('answer for the server, each service, and no other', async () => {
    const { address, page } = await startTestHost([echoService(), noWatch]);
    const client = healthOf(address);
    for (const name of ['', 'taxon.tokenizer.v1.TokenizerService', 'taxon.trainer.v1.TrainerService'])
      expect(await check(client, name)).toBe('SERVING');
    expect((await failureOf(check(client, 'nobody'))).details).toContain('"nobody" is not served here');
    expect(await page('/healthz')).toEqual({ status: 200, body: 'ready\n' });
    expect(await page('/readyz')).toEqual({ status: 200, body: 'ready\n' });
    expect((await page('/other')).status).toBe(404);
    client.close();
  });

  it('say no while services start, and calls are refused meanwhile', async () => {
    const go = deferred();
    const slow = {
      ...echoService(),
      start: async (context: never) => (await go.promise, echoService().start(context)),
    };
    const { port: metricsPort } = await freePort();
    const { port } = await freePort();
    const starting = hostServices([slow], { settings: { server: { ...freePorts, port, metricsPort } } });
    const probe = () =>
      fetch(`http://127.0.0.1:${metricsPort}/readyz`).then(
        async (r) => `${r.status} ${await r.text()}`,
        () => 'closed',
      );
    await expect.poll(probe).toBe('503 starting\n');
    const client = healthOf(`127.0.0.1:${port}`);
    await expect.poll(() => check(client, '')).toBe('NOT_SERVING');
    go.resolve();
    const host = await starting;
    expect(await check(client, '')).toBe('SERVING');
    client.close();
    await host.stop();
  });
});

const freePort = async () => {
  const host = await hostServices([noWatch], { settings: { server: freePorts } });
  const { port } = host;
  await host.stop();
  return { port };
};

describe('drain', () => {
  it('finishes calls under way, refuses new ones, tells watchers, and passes its states in order', async () => {
    const started = deferred();
    const go = deferred();
    const order: string[] = [];
    const service = echoService(
      {
        tokenize: async ({ texts }) => {
          started.resolve();
          await go.promise;
          order.push('answered');
          return lengths(texts);
        },
      },
      { drain: () => void order.push('drain'), dispose: () => Promise.resolve(void order.push('dispose')) },
    );
    const { host, client, address, page } = await startTestHost([service]);
    const states: LifecycleState[] = [host.state];
    host.onState((state) => states.push(state));
    const health = healthOf(address);
    const watched: string[] = [];
    const watch = health.watch({ service: '' });
    watch.on('data', ({ status }: HealthCheckResponse) => watched.push(status)).on('error', () => undefined);
    await expect.poll(() => watched).toEqual(['SERVING']);

    const underway = tokenize(client, ['abc']);
    await started.promise;
    const stopped = host.stop();
    expect(host.state).toBe('draining');
    await expect.poll(() => watched).toEqual(['SERVING', 'NOT_SERVING']);
    expect(await check(health, '')).toBe('NOT_SERVING');
    expect((await page('/readyz')).status).toBe(503);
    expect((await failureOf(tokenize(client, ['a']))).details).toBe('the server is draining; try again');
    go.resolve();
    expect(await underway).toEqual([3]);
    await Promise.all([stopped, host.stop()]);
    expect(states).toEqual(['ready', 'draining', 'stopped']);
    expect(order).toEqual(['drain', 'answered', 'dispose']);
    health.close();
  });

  it('ends calls that outlast the limit, through their signals', async () => {
    const started = deferred();
    const ended = deferred<unknown>();
    const service = echoService({
      tokenize: (_, { signal }) =>
        new Promise((_resolve, reject) => {
          started.resolve();
          signal.addEventListener('abort', () => {
            ended.resolve(signal.reason);
            reject(signal.reason as Error);
          });
        }),
    });
    const { host, client } = await startTestHost([service], {}, { drainSeconds: 0.1 });
    const failed = failureOf(tokenize(client, ['a']));
    await started.promise;
    await host.stop();
    expect(await ended.promise).toMatchObject({ code: 'cancelled' });
    expect((await failed).code).toBeGreaterThan(0);
  });
});

describe('a host that cannot start', () => {
  it('names the key of a port that is taken, and leaves nothing running', async () => {
    const { host } = await startTestHost();
    let disposed = 0;
    const countDisposal = () => {
      disposed++;
      return Promise.resolve();
    };
    const service = echoService({}, { dispose: countDisposal });
    for (const key of ['port', 'metricsPort'] as const) {
      const start = hostServices([service], { settings: { server: { ...freePorts, [key]: host[key] } } });
      await expect(start).rejects.toMatchObject({
        code: 'failed_precondition',
        message: `${key}: cannot listen on 127.0.0.1:${host[key]}: another process has this port`,
      });
    }
    expect(disposed).toBe(0);
  });

  it('disposes the services that had started when another fails', async () => {
    let disposed = 0;
    const countDisposal = () => {
      disposed++;
      return Promise.resolve();
    };
    const good = echoService({}, { dispose: countDisposal });
    const bad = { ...noWatch, start: () => Promise.reject(new Error('no model')) };
    await expect(hostServices([good, bad], { settings: { server: freePorts } })).rejects.toThrow('no model');
    expect(disposed).toBe(1);
  });

  it('is told when definitions clash', async () => {
    await expect(hostServices([echoService(), echoService()])).rejects.toThrow(
      'service name "tokenizer": must be unique',
    );
  });
});

describe('metrics', () => {
  it("hold rate, errors and duration by method, the process's own, and each service's own", async () => {
    const { client, page } = await startTestHost([echoService(), noWatch]);
    await tokenize(client, ['a', 'b']);
    const text = async () => (await page('/metrics')).body;
    const labels = 'service="taxon.tokenizer.v1.TokenizerService",method="Tokenize"';
    await expect.poll(text).toContain(`taxon_grpc_requests_total{${labels},code="OK"} 1`);
    const body = await text();
    expect(body).toContain(`taxon_grpc_request_duration_seconds_count{${labels}} 1`);
    expect(body).toContain(`taxon_grpc_requests_in_flight{${labels}} 0`);
    expect(body).toContain('taxon_tokenizer_texts_total 2');
    expect(body).toContain('nodejs_eventloop_lag_seconds');
    expect(body).toContain('process_resident_memory_bytes');
  });

  it('count calls that grpc-js ends by itself', async () => {
    const { client, page } = await startTestHost([echoService()], {}, { maxMessageBytes: 1024 });
    await failureOf(tokenize(client, ['x'.repeat(5000)]));
    await expect
      .poll(async () => (await page('/metrics')).body)
      .toContain('method="Tokenize",code="RESOURCE_EXHAUSTED"} 1');
  });

  it('leave the event loop free of what a stopped host measured', async () => {
    const first = await startTestHost();
    await first.host.stop();
    const second = await startTestHost();
    expect((await second.page('/metrics')).status).toBe(200);
  });
});

describe('logs', () => {
  it('hold one line a call, with its code, duration, id and peer; health checks only at debug', async () => {
    const lines: Record<string, unknown>[] = [];
    const logDestination = { write: (line: string) => void lines.push(JSON.parse(line) as Record<string, unknown>) };
    const { client, address } = await startTestHost([echoService()], { logDestination }, { logLevel: 'info' });
    const health = healthOf(address);
    await check(health, '');
    await tokenize(client, ['a']);
    health.close();
    const calls = () => lines.filter(({ msg }) => msg === 'call');
    await expect.poll(calls).toHaveLength(1);
    expect(calls()[0]).toMatchObject({
      level: 'info',
      service: 'taxon.tokenizer.v1.TokenizerService',
      method: 'Tokenize',
      code: 'OK',
      ms: expect.any(Number),
      requestId: expect.stringMatching(/^[\w-]{36}$/),
      peer: expect.stringContaining('127.0.0.1'),
    });
  });
});
