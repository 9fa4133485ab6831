import { TaxonError } from '@taxon/errors';
import { decodeEvent } from './cloud-events.ts';
import { createDeadLetter, onlyGroupHeader } from './dead-letters.ts';
import type { Handler, SubscribeOptions } from './event-bus.ts';
import type { EncodedEvent, StoredEvent, TaxonEvent } from './event.ts';
import { eventTypes, type EventType } from './event-types.ts';
import { pause, retryDelay, retryPolicy } from './retry.ts';

/**
 * What became of a delivery. All but `aborted` are to be acknowledged: `handled`, `passed` (no handler for it, or it is for
 * another group), `dead` (the dead letter is written).
 */
export type Outcome = 'handled' | 'passed' | 'dead' | 'aborted';

export interface Observation {
  stored: StoredEvent;
  outcome: Outcome;
  /** Of deliveries to the handler, this time. */
  attempts: number;
  /** Within the handler, all attempts, waiting excluded. */
  seconds: number;
}

export interface DispatcherOptions extends Pick<SubscribeOptions, 'group' | 'handlers' | 'retry' | 'onError'> {
  /** Writes a dead letter durably, or with the acknowledgement that follows. Called again when it throws, until the signal aborts. */
  bury: (letter: EncodedEvent, stored: StoredEvent) => Promise<void>;
  observe?: (observation: Observation) => void;
}

export interface DispatchOptions {
  /** Aborts when the subscription closes or the partition is lost. */
  signal: AbortSignal;
  /** Deliveries that were begun before, as far as the bus can tell: of a process that died within them. @default 0 */
  attemptsBefore?: number;
  /** Called before each delivery, so that a bus can remember it. */
  onAttempt?: (attempt: number) => Promise<void> | void;
}

/** Carries stored events to a group's handlers: what both adapters have in common. */
export interface Dispatcher {
  /** Those of the handlers. */
  readonly topics: readonly string[];
  /** Never rejects: what can go wrong with an event is an outcome. Does not return before the handler has ended, aborted or not. */
  dispatch(stored: StoredEvent, options: DispatchOptions): Promise<Outcome>;
}

/** What an observation counts. */
type Clock = Pick<Observation, 'attempts' | 'seconds'>;

const diedEachTime = (attempts: number): TaxonError =>
  new TaxonError({ code: 'internal', message: `its process ended during each of ${attempts} deliveries` });

export const createDispatcher = (options: DispatcherOptions): Dispatcher => {
  const { group, handlers, bury, observe } = options;
  const policy = retryPolicy(options.retry);
  const types = (Object.keys(handlers) as EventType[]).filter((type) => handlers[type] !== undefined);

  const tell = (error: unknown): void => {
    try {
      options.onError?.(error);
    } catch {
      // Told or not, the group goes on.
    }
  };

  /** Does what the bus must do, however long the bus is away. @returns false when the signal aborted before */
  const insist = async (act: () => Promise<void> | void, signal: AbortSignal): Promise<boolean> => {
    for (let failures = 1; !signal.aborted; failures++) {
      try {
        await act();
        return true;
      } catch (cause) {
        tell(cause);
        await pause(retryDelay(policy, failures), signal);
      }
    }
    return false;
  };

  const buryFor = async (
    stored: StoredEvent,
    error: unknown,
    attempts: number,
    signal: AbortSignal,
  ): Promise<Outcome> => {
    const letter = createDeadLetter(stored, { error, group, attempts });
    return (await insist(() => bury(letter, stored), signal)) ? 'dead' : 'aborted';
  };

  const deliver = async (
    event: TaxonEvent,
    stored: StoredEvent,
    { signal, attemptsBefore = 0, onAttempt }: DispatchOptions,
    clock: Clock,
  ): Promise<Outcome> => {
    const handler = handlers[event.type] as Handler<EventType> | undefined;
    if (handler === undefined) return 'passed';
    if (attemptsBefore >= policy.attempts) return buryFor(stored, diedEachTime(attemptsBefore), attemptsBefore, signal);
    for (let attempt = attemptsBefore + 1; ; attempt++) {
      if (!(await insist(() => onAttempt?.(attempt), signal))) return 'aborted';
      const start = performance.now();
      try {
        clock.attempts++;
        await handler(event, { attempt, stored, signal });
        return 'handled';
      } catch (error) {
        // Asked to stop, it stopped: no failure.
        if (signal.aborted) return 'aborted';
        tell(error);
        if (attempt >= policy.attempts) return await buryFor(stored, error, attempt, signal);
      } finally {
        clock.seconds += (performance.now() - start) / 1000;
      }
      await pause(retryDelay(policy, attempt), signal);
    }
  };

  const outcomeOf = async (stored: StoredEvent, dispatchOptions: DispatchOptions, clock: Clock): Promise<Outcome> => {
    const only = stored.headers[onlyGroupHeader];
    if (only !== undefined && only !== group) return 'passed';
    let event: TaxonEvent;
    try {
      event = decodeEvent(stored);
    } catch (error) {
      tell(error);
      return buryFor(stored, error, 0, dispatchOptions.signal);
    }
    return deliver(event, stored, dispatchOptions, clock);
  };

  return {
    topics: [...new Set(types.map((type) => eventTypes[type].topic))],
    dispatch: async (stored, dispatchOptions) => {
      const clock = { attempts: 0, seconds: 0 };
      const outcome = await outcomeOf(stored, dispatchOptions, clock);
      observe?.({ stored, outcome, ...clock });
      return outcome;
    },
  };
};
