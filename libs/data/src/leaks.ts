import { basename } from 'node:path';
import { labelNameMethod, type Example } from './example.ts';
import { nearDuplicatesAcross } from './near-duplicates.ts';
import { countOf, type Note } from './note.ts';
import { textKey } from './text-groups.ts';

/** What a text is known by: its own id, else file and line. */
export const exampleId = ({ id, line }: Pick<Example, 'id' | 'line'>, path: string): string => id ?? `${path}:${line}`;

/** Held-out texts of one file. */
export interface HeldOut {
  /** The file that they are of: names those without an id. */
  path: string;
  examples: readonly Example[];
}

/** A made text that tells what a held-out text is: its parent is held out, or it is (nearly) the same text. */
export interface Leak {
  /** Of the made texts. */
  index: number;
  reason: 'parent' | 'duplicate' | 'near-duplicate';
}

/** Similarity of character trigrams from which on two texts count as nearly the same. */
const threshold = 0.8;
/** Letters that take some four seconds to compare; beyond, only parents and copies are looked for. */
const mostLetters = 6_000_000;

/** `data/x.csv:12` as `x.csv:12`: a file is often named from another folder. Ids of their own have no such tail. */
const looseId = (id: string): string => (/:\d+$/.test(id) ? basename(id) : id);

/**
 * Which of the texts that were made would leak what is held out. Texts of label names never do.
 * @param made of any kind; those without an origin are passed over
 */
export const leaksOf = (made: readonly Example[], heldOut: readonly HeldOut[]): Leak[] => {
  const ids = new Set<string>();
  const keys = new Set<string>();
  for (const { path, examples } of heldOut)
    for (const example of examples) {
      ids.add(looseId(exampleId(example, path)));
      keys.add(textKey(example));
    }
  const leaks = new Map<number, Leak['reason']>();
  const open: number[] = [];
  made.forEach((example, index) => {
    const { origin } = example;
    if (origin === undefined || origin.method === labelNameMethod) return;
    if (ids.has(looseId(origin.parent))) leaks.set(index, 'parent');
    else if (keys.has(textKey(example))) leaks.set(index, 'duplicate');
    else open.push(index);
  });
  const held = heldOut.flatMap(({ examples }) => examples.map(({ text }) => text));
  const texts = open.map((index) => made[index]!.text);
  const letters = [...held, ...texts].reduce((sum, text) => sum + text.length, 0);
  if (texts.length > 0 && held.length > 0 && letters <= mostLetters) {
    const parts = [
      { name: 'held-out', texts: held },
      { name: 'made', texts },
    ];
    for (const { part, index } of nearDuplicatesAcross(parts, { threshold }))
      if (part === 'made') leaks.set(open[index]!, 'near-duplicate');
  }
  return [...leaks].sort(([a], [b]) => a - b).map(([index, reason]) => ({ index, reason }));
};

const because: Readonly<Record<Leak['reason'], string>> = {
  parent: 'made of held-out texts',
  duplicate: 'the same as held-out texts',
  'near-duplicate': 'nearly the same as held-out texts',
};

/** What was dropped, and why. */
export const leakNotes = (leaks: readonly Leak[]): Note[] => {
  if (leaks.length === 0) return [];
  const counts = Object.entries(because).flatMap(([reason, why]) => {
    const n = leaks.filter((leak) => leak.reason === reason).length;
    return n === 0 ? [] : [`${n.toLocaleString('en-US')} ${why}`];
  });
  const message = `${countOf(leaks.length, 'augmented text')} left out of training: ${counts.join(', ')}`;
  return [{ level: 'info', message }];
};
