import { createHash } from 'node:crypto';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A hub on localhost that speaks as much of Hugging Face's protocol as fetching needs. For tests alone. */
export interface TestHub {
  endpoint: string;
  /** Every request for a file: its path and the range asked for. */
  requests: { path: string; range?: string }[];
  /** How often the next requests for files end after this many bytes of the body. */
  cuts: { times: number; after: number };
  /** Bytes that are sent instead of a file's own. */
  forged: Map<string, Buffer>;
  /** Called when a request for a file arrives. */
  onRequest: (path: string) => void;
  close(): Promise<void>;
}

const revision = '0123456789abcdef0123456789abcdef01234567';

/** Serves `files` as the repository `name`; files whose name ends in `.safetensors` announce a SHA-256, others git's SHA-1. */
export const startTestHub = async (name: string, files: ReadonlyMap<string, Buffer>): Promise<TestHub> => {
  const server = createServer((request, response) => {
    const url = new URL(request.url!, 'http://localhost');
    if (url.pathname === `/api/models/${name}/revision/main`) {
      response.end(JSON.stringify(describe(files)));
      return;
    }
    const prefix = `/${name}/resolve/${revision}/`;
    const path = url.pathname.slice(prefix.length);
    const content = hub.forged.get(path) ?? files.get(path);
    if (!url.pathname.startsWith(prefix) || content === undefined) response.writeHead(404).end();
    else {
      hub.requests.push({ path, range: request.headers.range });
      hub.onRequest(path);
      send(response, content, request.headers.range);
    }
  });
  const send = (response: ServerResponse, content: Buffer, range: string | undefined): void => {
    const start = Number(/^bytes=(\d+)-$/.exec(range ?? '')?.[1] ?? 0);
    const body = content.subarray(start);
    if (start > 0) response.setHeader('content-range', `bytes ${start}-${content.length - 1}/${content.length}`);
    response.writeHead(start > 0 ? 206 : 200, { 'content-length': body.length });
    if (hub.cuts.times > 0 && body.length > hub.cuts.after) {
      hub.cuts.times--;
      response.write(body.subarray(0, hub.cuts.after), () => setTimeout(() => response.destroy(), 20));
    } else response.end(body);
  };
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const hub: TestHub = {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests: [],
    cuts: { times: 0, after: 0 },
    forged: new Map(),
    onRequest: () => undefined,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return hub;
};

const describe = (files: ReadonlyMap<string, Buffer>) => ({
  sha: revision,
  siblings: Array.from(files, ([rfilename, content]) => ({
    rfilename,
    size: content.length,
    ...(rfilename.endsWith('.safetensors')
      ? { lfs: { sha256: createHash('sha256').update(content).digest('hex'), size: content.length } }
      : { blobId: createHash('sha1').update(`blob ${content.length}\0`).update(content).digest('hex') }),
  })),
});
