import { createEvent, eventTypes, type EventBus, type EventType, type PayloadOf, type TaxonEvent } from '@taxon/events';
import { TaxonError } from '@taxon/errors';
import type { Database } from '@taxon/events/database';

interface Row {
  number: number;
  type: EventType;
  id: string;
  data: string;
}

export interface Outbox {
  /** Within a transaction of `database.write`: the event goes out once that is committed. */
  put<Type extends EventType>(type: Type, id: string, data: PayloadOf<Type>): void;
  /** Publishes what is there, the oldest first. */
  flush(signal: AbortSignal): Promise<void>;
}

/** @param onLost hears of an event that can never be published */
export const createOutbox = (
  database: Database,
  bus: EventBus,
  source: string,
  onLost: (event: TaxonEvent, problem: unknown) => void = () => undefined,
): Outbox => {
  const insert = database.prepare('INSERT INTO outbox (type, id, data) VALUES (?, ?, ?)');
  const oldest = database.prepare('SELECT number, type, id, data FROM outbox ORDER BY number LIMIT 100');
  const remove = database.prepare('DELETE FROM outbox WHERE number = ?');
  let flushing: Promise<void> = Promise.resolve();

  const publishAll = async (signal: AbortSignal): Promise<void> => {
    for (;;) {
      const rows = oldest.all() as Row[];
      if (rows.length === 0) return;
      const events = rows.map(({ type, id, data }) =>
        createEvent(type, eventTypes[type].codec.fromJSON(JSON.parse(data)), { source, id }),
      );
      try {
        await bus.publish(events, { signal });
      } catch (error) {
        if (TaxonError.from(error).code !== 'invalid_input') throw error;
        // One that cannot be written must not hold up the others.
        for (const event of events)
          await bus.publish([event], { signal }).catch((problem: unknown) => {
            if (TaxonError.from(problem).code !== 'invalid_input') throw problem;
            onLost(event, problem);
          });
      }
      await database.write(() => {
        for (const { number } of rows) remove.run(number);
      });
    }
  };

  return {
    put: (type, id, data) => {
      const codec = eventTypes[type].codec as { toJSON(payload: typeof data): unknown };
      insert.run(type, id, JSON.stringify(codec.toJSON(data)));
    },
    flush: (signal) => {
      // One after the other, or an event would go out twice.
      flushing = flushing.catch(() => undefined).then(() => publishAll(signal));
      return flushing;
    },
  };
};
