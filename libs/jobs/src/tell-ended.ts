import { setTimeout } from 'node:timers/promises';
import { JobState as StateMessage } from '@taxon/contracts';
import { createEvent, type EventBus } from '@taxon/events';
import type { Job, JobKind } from './job.ts';

export interface TellOptions {
  bus: EventBus;
  /** Of the events, e.g. `/trainer`. */
  source: string;
}

/** What an event says of a job. */
export type ToldKind<Request> = Pick<JobKind<Request, never, never, never>, 'noun' | 'service' | 'outputOf'> & {
  nounOf?: (request: Request) => string;
};

/** Milliseconds between two tries. */
const pause = 2000;

/**
 * Publishes that a job has ended, and tries again until it is published or the signal aborts. Its id is derived from the job: told
 * twice it is one event.
 * @returns whether it is published
 */
export const tellEnded = async <Request, Result, Message>(
  { id, request, state, error }: Job<Request, Result, Message>,
  { noun, nounOf, service, outputOf }: ToldKind<Request>,
  { bus, source, signal }: TellOptions & { signal: AbortSignal },
): Promise<boolean> => {
  const data = {
    ...{ jobId: id, service, kind: nounOf?.(request) ?? noun, output: outputOf(request) },
    state: StateMessage[`JOB_STATE_${state.toUpperCase() as Uppercase<typeof state>}`],
    ...{ code: error?.code ?? '', message: error?.message ?? '' },
  };
  const event = createEvent('taxon.job.ended', data, { source, id: `${id}/${state}` });
  while (!signal.aborted)
    try {
      await bus.publish([event], { signal });
      return true;
    } catch {
      await setTimeout(pause, undefined, { signal }).catch(() => undefined);
    }
  return false;
};
