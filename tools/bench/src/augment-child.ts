// Augments a file in a process of its own: `STREAM FILE METHODS`. Tells `AugmentTimes` as one JSON line.
import { rm } from 'node:fs/promises';
import { augmentFile, augmentRows, parseAugmentOptions, profileRows, type Row } from '@taxon/augmentation';
import { readDataset } from '@taxon/data';
import type { AugmentTimes } from './augment.ts';

const [stream, file, methods] = process.argv.slice(2) as [string, string, string];
const options = parseAugmentOptions({ methods: JSON.parse(methods) as unknown, threads: 1 });

/** Opening, making and checking: rows are in memory, and were gone through once. */
const inMemory = async (): Promise<AugmentTimes> => {
  const { examples } = await readDataset(file);
  const all = examples.map((example): Row => ({ ...example, id: `rows.csv:${example.line}` }));
  // eslint-disable-next-line @typescript-eslint/require-await -- rows come as a stream
  async function* rowsOf(own: readonly Row[]): AsyncGenerator<Row> {
    yield* own;
  }
  const tasks = [{ name: 'label', kind: 'single-label' as const }];
  const profile = await profileRows(rowsOf(all), { seed: 0 });
  const run = augmentRows(rowsOf(all), options, { tasks, profile });
  const start = performance.now();
  const made = run[Symbol.asyncIterator]();
  while ((await made.next()).done !== true);
  return { rows: all.length, made: run.summary().kept, seconds: (performance.now() - start) / 1000 };
};

const whole = async (): Promise<AugmentTimes> => {
  const output = `${file}.more.csv`;
  const start = performance.now();
  const { rows, kept } = await augmentFile({ data: file, output, columns: {}, options });
  const seconds = (performance.now() - start) / 1000;
  await rm(output);
  return { rows, made: kept, seconds };
};

console.log(JSON.stringify(stream === 'yes' ? await whole() : await inMemory()));
