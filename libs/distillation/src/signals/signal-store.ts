import { closeSync, openSync, readSync, writeSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { TaxonError } from '@taxon/errors';
import { digestOf, replaceFolder } from '@taxon/models';
import { writeFile } from 'node:fs/promises';
import { z } from 'zod';

// What a teacher makes of texts, in a folder: a file of raw fp32 rows for each signal, and signals.json with their digests, written
// last. Rows are read where they are wanted: the states of a million tokens need no memory but the system's page cache.

/** One signal: so many rows of so many numbers. */
export interface SignalShape {
  rows: number;
  width: number;
}

const manifestSchema = z.strictObject({
  formatVersion: z.literal(1),
  signals: z.record(
    z.string().regex(/^[\w.]+$/),
    z.strictObject({ rows: z.int().min(0), width: z.int().min(1), sha256: z.string().regex(/^[0-9a-f]{64}$/) }),
  ),
});

const marker = 'signals.json';

const fileOf = (folder: string, name: string): string => join(folder, `${name}.f32`);

/** Signals that can be read. */
export interface Signals {
  /** Copies rows [begin, begin + count) to the front of `into`. */
  read(name: string, begin: number, count: number, into: Float32Array): void;
  close(): void;
}

/** Writes rows of a signal, in any order. */
export type WriteRows = (name: string, begin: number, rows: Float32Array) => void;

/**
 * Writes a folder of signals, whole or not at all.
 * @param compute calls `write` until every row of every signal is there
 */
export const writeSignals = (
  folder: string,
  shapes: Readonly<Record<string, SignalShape>>,
  compute: (write: WriteRows) => Promise<void>,
  signal?: AbortSignal,
): Promise<void> =>
  replaceFolder(folder, { marker, keep: [] }, async (fresh) => {
    const files = new Map(Object.keys(shapes).map((name) => [name, openSync(fileOf(fresh, name), 'w')]));
    try {
      await compute((name, begin, rows) => {
        const bytes = new Uint8Array(rows.buffer, rows.byteOffset, rows.byteLength);
        writeSync(files.get(name)!, bytes, 0, bytes.length, begin * shapes[name]!.width * 4);
      });
    } finally {
      for (const file of files.values()) closeSync(file);
    }
    const signals: z.output<typeof manifestSchema>['signals'] = {};
    for (const [name, shape] of Object.entries(shapes))
      signals[name] = { ...shape, sha256: await digestOf(fileOf(fresh, name), signal) };
    await writeFile(join(fresh, marker), JSON.stringify({ formatVersion: 1, signals }));
  });

/** What is wrong with kept signals; undefined where nothing is. */
const damageOf = async (
  folder: string,
  shapes: Readonly<Record<string, SignalShape>>,
  signal?: AbortSignal,
): Promise<string | undefined> => {
  let kept: z.output<typeof manifestSchema>;
  try {
    kept = manifestSchema.parse(JSON.parse(await readFile(join(folder, marker), 'utf8')));
  } catch {
    return `${join(folder, marker)} cannot be read`;
  }
  for (const [name, { rows, width }] of Object.entries(shapes)) {
    const found = kept.signals[name];
    const path = fileOf(folder, name);
    if (found === undefined || found.rows !== rows || found.width !== width) return `${path} is of another shape`;
    const size = (await stat(path).catch(() => undefined))?.size;
    if (size !== rows * width * 4) return `${path} has ${size ?? 'no'} bytes of ${rows * width * 4}`;
    if ((await digestOf(path, signal)) !== found.sha256) return `${path} does not have the SHA-256 of signals.json`;
  }
  return undefined;
};

/**
 * Opens kept signals, after a look at every byte of them.
 * @returns why not, where they are missing (undefined) or damaged (what is wrong)
 */
export const openSignals = async (
  folder: string,
  shapes: Readonly<Record<string, SignalShape>>,
  signal?: AbortSignal,
): Promise<{ signals: Signals } | { damage: string | undefined }> => {
  if ((await stat(join(folder, marker)).catch(() => undefined)) === undefined) return { damage: undefined };
  const damage = await damageOf(folder, shapes, signal);
  if (damage !== undefined) return { damage };
  const files = new Map(Object.keys(shapes).map((name) => [name, openSync(fileOf(folder, name), 'r')]));
  return {
    signals: {
      read(name, begin, count, into) {
        const { width } = shapes[name]!;
        const wanted = count * width * 4;
        const bytes = new Uint8Array(into.buffer, into.byteOffset, wanted);
        const got = readSync(files.get(name)!, bytes, 0, wanted, begin * width * 4);
        if (got !== wanted)
          throw new TaxonError({
            code: 'internal',
            message: `${fileOf(folder, name)}: ${got} bytes of ${wanted}; it was changed while it was used`,
            hint: 'Run the command again: the teacher then reads the texts anew.',
          });
      },
      close() {
        for (const file of files.values()) closeSync(file);
      },
    },
  };
};
