import { TaxonError, invalidInput } from '@taxon/errors';
import type { Dispatcher } from '../dispatcher.ts';
import type { SubscribeOptions, Subscription } from '../event-bus.ts';
import { pause, retryDelay } from '../retry.ts';
import { abortable } from './abortable.ts';
import { createGroupMember, type GroupMember } from './group-member.ts';
import type { KafkaClient, OpenClient } from './kafka-client.ts';
import { isFatal } from './kafka-errors.ts';
import { createSlots } from './partition.ts';
import type { TopicAdmin } from './topic-admin.ts';

export interface KafkaSubscriptionOptions extends Pick<SubscribeOptions, 'group' | 'from' | 'concurrency' | 'onError'> {
  dispatcher: Dispatcher;
  openClient: OpenClient;
  admin: TopicAdmin;
  prefix: string;
  /** In ms. */
  sessionTimeout: number;
}

/** Between two lives of a consumer, in ms: doubles with each that does not get as far as taking part. */
const restarts = { attempts: 1, firstDelay: 200, longestDelay: 5_000 };

const check = ({ group, concurrency = 1, dispatcher }: KafkaSubscriptionOptions): void => {
  if (group === '') throw invalidInput('group is empty; name what the consumers do, e.g. trainer');
  if (dispatcher.topics.length === 0) throw invalidInput('handlers is empty: there is nothing to subscribe to');
  if (!Number.isInteger(concurrency) || concurrency < 1)
    throw invalidInput(`concurrency is ${concurrency}; it must be a whole number of at least 1`);
};

/** Takes part in a group, with one consumer after the other where one cannot go on. */
export const subscribeToKafka = (options: KafkaSubscriptionOptions): Subscription => {
  check(options);
  const { dispatcher, openClient, admin, prefix, sessionTimeout, group, from = 'earliest', concurrency = 1 } = options;
  const topics = dispatcher.topics.map((topic) => prefix + topic);
  const slots = createSlots(concurrency);
  const closing = new AbortController();
  let member: GroupMember | undefined;
  /** Of consumers that were given up: their handlers. */
  const leaving = new Set<Promise<void>>();

  const state = { ready: false, failures: 0 };
  let settleReady: { resolve: () => void; reject: (error: unknown) => void } | undefined;
  const ready = new Promise<void>((resolve, reject) => (settleReady = { resolve, reject }));
  ready.catch(() => undefined);

  const onError = (error: unknown): void => {
    try {
      options.onError?.(error);
    } catch {
      // Told or not, the subscription goes on.
    }
  };
  const onReady = (): void => {
    Object.assign(state, { ready: true, failures: 0 });
    settleReady?.resolve();
  };

  const giveUp = (given: GroupMember): void => {
    member = undefined;
    const ended = given.abandon();
    leaving.add(ended);
    void ended.finally(() => leaving.delete(ended));
  };

  /** @returns the error that ended it; undefined where it was closed */
  const live = async (): Promise<TaxonError | undefined> => {
    let client: KafkaClient | undefined;
    try {
      await admin.ensure(topics, closing.signal);
      client = await openClient();
      member = createGroupMember({
        ...{ client, admin, topics, prefix, from, sessionTimeout, slots, onReady, onError },
        groupId: prefix + group,
        dispatch: (stored, signal) => dispatcher.dispatch(stored, { signal }),
      });
      return await abortable(member.run(), closing.signal);
    } catch (error) {
      if (closing.signal.aborted) return undefined;
      if (member !== undefined) giveUp(member);
      return client === undefined ? TaxonError.from(error) : client.asError(error, `consume as ${group} from kafka`);
    }
  };

  const main = (async () => {
    while (!closing.signal.aborted) {
      const error = await live();
      if (error === undefined) return;
      onError(error);
      // A wrong password does not become right by waiting; where it worked before, the brokers may be in the middle of a change.
      if (!state.ready && isFatal(error)) return settleReady?.reject(error);
      await pause(retryDelay(restarts, ++state.failures), closing.signal);
    }
  })();

  let closed: Promise<void> | undefined;
  const close = (): Promise<void> =>
    (closed ??= (async () => {
      closing.abort();
      settleReady?.reject(new TaxonError({ code: 'cancelled', message: `the subscription of ${group} was closed` }));
      await main;
      await member?.leave();
      await Promise.all(leaving);
    })());

  return { ready, close, [Symbol.asyncDispose]: close };
};
