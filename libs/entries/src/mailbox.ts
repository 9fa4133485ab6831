/** A list that one side fills and the other waits at. */
export interface Mailbox<Message> {
  put(message: Message): void;
  /** What comes next throws this. */
  fail(error: unknown): void;
  take(): Promise<Message>;
}

export const createMailbox = <Message>(): Mailbox<Message> => {
  const messages: Message[] = [];
  let failure: { error: unknown } | undefined;
  let waiting: { resolve: (message: Message) => void; reject: (error: unknown) => void } | undefined;
  return {
    put: (message) => {
      const taker = waiting;
      waiting = undefined;
      if (taker === undefined) messages.push(message);
      else taker.resolve(message);
    },
    fail: (error) => {
      failure ??= { error };
      waiting?.reject(error);
      waiting = undefined;
    },
    take: () => {
      if (messages.length > 0) return Promise.resolve(messages.shift()!);
      // What a failure is of comes through as it is.
      // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors
      if (failure !== undefined) return Promise.reject(failure.error);
      return new Promise((resolve, reject) => (waiting = { resolve, reject }));
    },
  };
};
