import { deserializeError, serializeError } from '@taxon/errors';
import { createMailbox } from './mailbox.ts';
import { streamWindow, type StreamMessage } from './stream-messages.ts';

/** One of the two ends of a stream between threads. */
export interface StreamSide<In, Out> {
  receive(message: StreamMessage<In>): void;
  /** Both directions throw this from now on. */
  fail(error: unknown): void;
  /** Sends all of it, never more than a window ahead of the other side; a failure goes over, too. */
  send(items: AsyncIterable<Out>): Promise<void>;
  /** What the other side sends. */
  items(): AsyncGenerator<In>;
}

export const createStreamSide = <In, Out>(post: (message: StreamMessage<Out>) => void): StreamSide<In, Out> => {
  const arrived = createMailbox<Exclude<StreamMessage<In>, { kind: 'taken' }>>();
  const room = createMailbox<undefined>();
  for (let i = 0; i < streamWindow; i++) room.put(undefined);
  return {
    receive: (message) => {
      if (message.kind === 'taken') room.put(undefined);
      else arrived.put(message);
    },
    fail: (error) => {
      arrived.fail(error);
      room.fail(error);
    },
    send: async (items) => {
      try {
        for await (const item of items) {
          await room.take();
          post({ kind: 'item', item });
        }
        post({ kind: 'end' });
      } catch (error) {
        post({ kind: 'fail', error: serializeError(error) });
      }
    },
    items: async function* () {
      for (;;) {
        const message = await arrived.take();
        if (message.kind === 'end') return;
        if (message.kind === 'fail') throw deserializeError(message.error);
        yield message.item;
        // Only now: who takes the next one is done with this one.
        post({ kind: 'taken' });
      }
    },
  };
};
