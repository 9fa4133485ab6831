import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Lifecycle } from './lifecycle.ts';
import { listenError } from './listen-error.ts';

export interface HttpEndpoints {
  readonly port: number;
  close(): Promise<void>;
}

export interface HttpEndpointsOptions {
  host: string;
  port: number;
  lifecycle: Lifecycle;
  /** The page in Prometheus' text format. */
  metrics: () => Promise<string>;
}

const send = (response: ServerResponse, code: number, body: string, type = 'text/plain; charset=utf-8') => {
  response.writeHead(code, { 'content-type': type, 'content-length': Buffer.byteLength(body) }).end(body);
};

const answerer =
  ({ lifecycle, metrics }: HttpEndpointsOptions) =>
  async (url: string, response: ServerResponse): Promise<void> => {
    switch (new URL(url, 'http://host').pathname) {
      case '/metrics':
        return send(response, 200, await metrics(), 'text/plain; version=0.0.4; charset=utf-8');
      case '/healthz':
        // The process answers, so it lives: restarting it would not help it start or drain.
        return send(response, 200, `${lifecycle.state}\n`);
      case '/readyz':
        return send(response, lifecycle.state === 'ready' ? 200 : 503, `${lifecycle.state}\n`);
      default:
        return send(response, 404, 'known: /metrics /healthz /readyz\n');
    }
  };

const listen = (server: Server, options: HttpEndpointsOptions): Promise<void> =>
  new Promise((resolve, reject) => {
    server.once('error', (error) => reject(listenError('metricsPort', options, error)));
    server.listen(options.port, options.host, resolve);
  });

/** `/metrics`, `/healthz` (the process answers) and `/readyz` (calls are served), for Prometheus and for probes. */
export const startHttpEndpoints = async (options: HttpEndpointsOptions): Promise<HttpEndpoints> => {
  const answer = answerer(options);
  const server = createServer((request, response) => {
    if (request.method !== 'GET' && request.method !== 'HEAD') return send(response, 405, 'GET only\n');
    answer(request.url ?? '/', response).catch((error: unknown) => send(response, 500, `${String(error)}\n`));
  });
  await listen(server, options);
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
};
