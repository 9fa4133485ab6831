import { onlyGroupHeader } from './dead-letters.ts';
import type { EventBus } from './event-bus.ts';
import type { StoredEvent } from './event.ts';

export interface ReplayOptions {
  topic: string;
  from: 'earliest' | Date;
  /** Deliver to this group alone. @default every group */
  group?: string;
  /** Which of them. @default all */
  matches?: (stored: StoredEvent) => boolean;
  signal?: AbortSignal;
}

/** Events that are published again at a time. */
const batch = 100;

/**
 * Publishes again what a topic holds, in its order and up to where it ends now. Ids stay what they were, so effects that are done
 * once an id are not done again: a replay is for handlers that are new or mended.
 * @returns how many
 */
export const replay = async (bus: EventBus, options: ReplayOptions): Promise<number> => {
  const { topic, from, group, matches = () => true, signal } = options;
  let waiting: StoredEvent[] = [];
  let count = 0;
  const send = async (): Promise<void> => {
    await bus.republish(topic, waiting);
    count += waiting.length;
    waiting = [];
  };
  for await (const stored of bus.read({ topic, from, signal })) {
    // What was for one group stays for it.
    const only = stored.headers[onlyGroupHeader];
    if (!matches(stored) || (group !== undefined && only !== undefined && only !== group)) continue;
    waiting.push(
      group === undefined ? stored : { ...stored, headers: { ...stored.headers, [onlyGroupHeader]: group } },
    );
    if (waiting.length === batch) await send();
  }
  if (waiting.length > 0) await send();
  return count;
};
