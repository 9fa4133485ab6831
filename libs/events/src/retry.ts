import { setTimeout as sleep } from 'node:timers/promises';
import { invalidInput } from '@taxon/errors';
import type { RetryOptions } from './event-bus.ts';

export type RetryPolicy = Required<RetryOptions>;

export const retryPolicy = ({
  attempts = 5,
  firstDelay = 200,
  longestDelay = 10_000,
}: RetryOptions = {}): RetryPolicy => {
  if (!Number.isInteger(attempts) || attempts < 1)
    throw invalidInput(`retry.attempts is ${attempts}; it must be a whole number of at least 1`);
  for (const [name, value] of Object.entries({ firstDelay, longestDelay }))
    if (!(value >= 0)) throw invalidInput(`retry.${name} is ${value}; it must be at least 0 (milliseconds)`);
  return { attempts, firstDelay, longestDelay };
};

/**
 * Before the delivery that follows the `attempt`th, in ms: doubles each time, and lies between half of that and all of it, so
 * that what failed together does not come back together.
 */
export const retryDelay = (
  { firstDelay, longestDelay }: RetryPolicy,
  attempt: number,
  random: () => number = Math.random,
): number => Math.min(longestDelay, firstDelay * 2 ** (attempt - 1)) * (0.5 + 0.5 * random());

/** Resolves after `ms`, or at once when the signal aborts. */
export const pause = async (ms: number, signal?: AbortSignal): Promise<void> => {
  await sleep(ms, undefined, { signal }).catch(() => undefined);
};
