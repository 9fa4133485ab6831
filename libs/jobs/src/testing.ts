import { TaxonError } from '@taxon/errors';
import type { Job, JobKind, RunOptions } from './job.ts';

export interface Request {
  output: string;
}
export type Message = { state: string; result?: string; code?: string } | { progress: number } | { note: string };
export type TestJob = Job<Request, string, Message>;

/** A job that ends when the test says so, and stops at an abort. */
export const controlledKind = (noun: string) => {
  const running: {
    request: Request;
    options: RunOptions<Message>;
    finish: () => void;
    fail: (error: Error) => void;
  }[] = [];
  const kind: JobKind<Request, Message, string, Message> = {
    ...{ noun, plural: `${noun}s`, service: `${noun} service`, idField: `${noun}_id` },
    run: (request, options) =>
      new Promise((resolve, reject) => {
        options.signal.addEventListener('abort', () =>
          reject(new TaxonError({ code: 'cancelled', message: 'interrupted' })),
        );
        running.push({ request, options, finish: () => resolve(`made ${request.output}`), fail: reject });
      }),
    outputOf: ({ output }) => output,
    toMessage: (event) => event,
    stateMessage: ({ state, result, error }) => ({ state, result, code: error?.code }),
    isProgress: (message) => 'progress' in message,
    parse: (kept) => {
      const { output } = kept as Partial<Request>;
      if (output === undefined) throw new Error('no output');
      return { output };
    },
    reviveResult: String,
  };
  return { kind, running };
};

const never = new AbortController().signal;

export const eventsOf = async ({ history }: TestJob, after = 0n): Promise<Message[]> => {
  const events: Message[] = [];
  for await (const { event } of history.follow(after, never)) events.push(event);
  return events;
};
