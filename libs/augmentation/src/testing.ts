// Fixtures for tests.
import type { TaskDefinition } from '@taxon/data';
import { augmentRows, type AugmentContext } from './augment-rows.ts';
import { parseAugmentOptions } from './parse-options.ts';
import { profileRows } from './profile.ts';
import type { AugmentedRow, Row } from './row.ts';

export const oneTask: TaskDefinition[] = [{ name: 'label', kind: 'single-label' }];

/** Rows of a file `f`, label by text. */
export const rowsOf = (...texts: (readonly [text: string, ...labels: string[]])[]): Row[] =>
  texts.map(([text, ...labels], i) => ({ id: `f:${i + 2}`, line: i + 2, text, labels: [labels] }));

// eslint-disable-next-line @typescript-eslint/require-await -- rows come as a stream
export async function* streamOf(rows: readonly Row[]): AsyncGenerator<Row> {
  yield* rows;
}

/** What options make of rows, gone through twice as a file is. */
export const augment = async (rows: readonly Row[], input: object, context: Partial<AugmentContext> = {}) => {
  const options = parseAugmentOptions(input);
  const profile = await profileRows(streamOf(rows), { seed: options.seed });
  const run = augmentRows(streamOf(rows), options, { tasks: oneTask, profile, ...context });
  const made: AugmentedRow[] = [];
  for await (const row of run) made.push(row);
  return { made, summary: run.summary(), texts: made.map(({ text }) => text) };
};

const words = 'where is my parcel today please can you help me find the new card that I lost in town'.split(' ');

/** Different short texts in so many classes. */
export const manyRows = (count: number, classes = 3): Row[] =>
  rowsOf(
    ...Array.from({ length: count }, (_, i): [string, string] => [
      `${words[i % 7]!} ${words[(i * 3) % 11]!} ${words[(i * 5) % words.length]!} number ${i} ${words[i % words.length]!}`,
      `class ${i % classes}`,
    ]),
  );
