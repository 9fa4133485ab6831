import { isDeadTopic, deadTopicOf, readDeadLetter, reviveDeadLetter, type DeadLetter } from './dead-letters.ts';
import type { EventBus } from './event-bus.ts';
import type { StoredEvent } from './event.ts';

/** A dead letter that nobody has put back or dropped. */
export interface OpenLetter {
  /** `topic/partition/offset`, those of the letter in the dead-letter topic. */
  readonly id: string;
  readonly letter: DeadLetter;
  readonly stored: StoredEvent;
}

export type Resolution = 'retried' | 'dropped';

// Topics are only ever added to: a letter is done with once a note about it lies in the same topic.
const resolvedHeader = 'taxon-dead-resolved';
const resolutionHeader = 'taxon-dead-resolution';

const idOf = ({ topic, partition, offset }: StoredEvent): string =>
  `${topic.replace(/\.dead$/u, '')}/${partition}/${offset}`;

/** @param topic the topic that they come from. @default all */
export const openLetters = async (bus: EventBus, topic?: string): Promise<OpenLetter[]> => {
  const deadTopics = topic === undefined ? (await bus.topics()).filter(isDeadTopic) : [deadTopicOf(topic)];
  const letters = new Map<string, OpenLetter>();
  const resolved = new Set<string>();
  for (const deadTopic of deadTopics)
    for await (const stored of bus.read({ topic: deadTopic })) {
      const about = stored.headers[resolvedHeader];
      if (about !== undefined) resolved.add(about);
      const letter = readDeadLetter(stored);
      if (letter !== undefined) letters.set(idOf(stored), { id: idOf(stored), letter, stored });
    }
  for (const id of resolved) letters.delete(id);
  return [...letters.values()];
};

/**
 * Puts letters back to where they come from, for the group that could not handle them (`retried`), or lays them aside (`dropped`).
 * Interrupted, it may be done again: handlers see the same event ids.
 */
export const resolveLetters = async (
  bus: EventBus,
  letters: readonly OpenLetter[],
  resolution: Resolution,
): Promise<void> => {
  for (const { id, letter, stored } of letters) {
    if (resolution === 'retried') await bus.republish(letter.topic, [reviveDeadLetter(stored)]);
    const headers = { [resolvedHeader]: id, [resolutionHeader]: resolution };
    await bus.republish(stored.topic, [{ ...stored, headers, value: new Uint8Array() }]);
  }
};
