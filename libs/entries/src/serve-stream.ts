import { parentPort, workerData } from 'node:worker_threads';
import type { StreamMessage } from './stream-messages.ts';
import { createStreamSide } from './stream-side.ts';

/** The worker thread behind `streamThroughWorker`: items in, items out, each at the pace of the slower side. */
// The caller names all three, so that what it yields is what its parent awaits.
// eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters
export const serveStream = <Request, In, Out>(
  run: (request: Request, items: AsyncIterable<In>) => AsyncIterable<Out>,
): void => {
  const port = parentPort!;
  const side = createStreamSide<In, Out>((message) => port.postMessage(message));
  port.on('message', (message: StreamMessage<In>) => side.receive(message));
  void side.send(run(workerData as Request, side.items()));
};
