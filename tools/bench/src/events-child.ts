// One side of `events`, in a process of its own: `node bench-events.js REQUEST` ends with one JSON line.
import { makeEvents, type EventsSubject, type MadeEvent } from './events-subject.ts';
import { openSubject } from './events-subjects.ts';

export interface EventsRequest {
  adapter: 'kafka' | 'embedded';
  side: 'bus' | 'bare';
  brokers: string[];
  /** Of topics and groups of this measurement. */
  prefix: string;
  /** Of the embedded log, empty. */
  folder: string;
  partitions: number;
  events: number;
  /** Of a payload. */
  bytes: number;
  /** Events that are published together. */
  call: number;
  /** Events published one by one, each after the one before was handled. */
  single: number;
}

export interface EventsAnswer {
  /** Events each second: until they are durable, and, with a consumer in the same process, until all are handled. */
  published: number;
  handled: number;
  /** From `publish` to the handler, one event at a time, ms. */
  p50: number;
  p99: number;
}

const publishAll = async (subject: EventsSubject, events: readonly MadeEvent[], call: number): Promise<void> => {
  for (let from = 0; from < events.length; from += call) await subject.publish(events.slice(from, from + call));
};

/** Events each second. */
const rateOf = async (count: number, work: () => Promise<void>): Promise<number> => {
  const start = performance.now();
  await work();
  return (1000 * count) / (performance.now() - start);
};

const quantile = (sorted: readonly number[], q: number): number => sorted[Math.ceil(q * sorted.length) - 1]!;

const measure = async (request: EventsRequest): Promise<EventsAnswer> => {
  const { events: count, bytes, call, single } = request;
  const events = makeEvents(count, bytes);
  const warmUp = events.slice(0, Math.min(count, 5_000));
  let seen = 0;
  let notify = (): void => undefined;
  const until = (goal: number): Promise<void> =>
    new Promise((resolve) => {
      notify = () => seen >= goal && resolve();
      notify();
    });
  await using subject = Object.assign(await openSubject(request), {
    async [Symbol.asyncDispose]() {
      await subject.close();
    },
  });
  await publishAll(subject, warmUp, call);
  const published = await rateOf(count, () => publishAll(subject, events, call));
  await subject.consume(() => {
    seen++;
    notify();
  });
  await until(warmUp.length + count);

  seen = 0;
  const handled = await rateOf(count, async () => {
    await publishAll(subject, events, call);
    await until(count);
  });
  const times: number[] = [];
  for (const event of events.slice(0, single)) {
    seen = 0;
    const start = performance.now();
    const done = until(1);
    await subject.publish([event]);
    await done;
    times.push(performance.now() - start);
    // Its acknowledgement, and the next fetch.
    await new Promise((resolve) => setTimeout(resolve, 3));
  }
  times.sort((a, b) => a - b);
  return { published, handled, p50: quantile(times, 0.5), p99: quantile(times, 0.99) };
};

console.log(JSON.stringify(await measure(JSON.parse(process.argv[2]!) as EventsRequest)));
