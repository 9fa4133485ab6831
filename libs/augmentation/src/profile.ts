import { TaxonError } from '@taxon/errors';
import type { Judge } from './judge.ts';
import type { Row } from './row.ts';
import { seededRandom } from './seeded.ts';
import { SeenTexts } from './seen-texts.ts';

/** What a first pass over a dataset found: of a size that does not grow with it. */
export interface DatasetProfile {
  /** Without rows that were made: those are neither counted nor augmented. */
  rows: number;
  /** By task: rows of each label. */
  counts: readonly ReadonlyMap<string, number>[];
  /** Where a policy chose among them: rows of each label that were chosen, and which, a bit a row. */
  chosen?: { counts: readonly ReadonlyMap<string, number>[]; rows: BitList };
  /** Some texts of rows with the same labels, by `labelsKey`. */
  pool: ReadonlyMap<string, readonly string[]>;
  seen: SeenTexts;
}

export class BitList {
  #words = new Uint32Array(1024);

  set(at: number): void {
    if (at >>> 5 >= this.#words.length) {
      const grown = new Uint32Array(Math.max(2 * this.#words.length, (at >>> 5) + 1));
      grown.set(this.#words);
      this.#words = grown;
    }
    this.#words[at >>> 5]! |= 1 << (at & 31);
  }

  has(at: number): boolean {
    return ((this.#words[at >>> 5] ?? 0) & (1 << (at & 31))) !== 0;
  }
}

/** The same for rows that have the same labels in every task. */
export const labelsKey = (labels: Row['labels']): string => JSON.stringify(labels);

/** Texts kept of every set of labels, and in all. */
const pooled = { each: 32, all: 200_000 };

/** A sample of each label set's texts, every text with the same chance (reservoir sampling, Vitter's algorithm R). */
class Pool {
  readonly texts = new Map<string, string[]>();
  readonly #met = new Map<string, number>();
  #size = 0;
  readonly #seed: number;

  constructor(seed: number) {
    this.#seed = seed;
  }

  add(row: Row): void {
    const key = labelsKey(row.labels);
    const own = this.texts.get(key) ?? [];
    const met = (this.#met.get(key) ?? 0) + 1;
    if (this.#size < pooled.all) this.texts.set(key, own);
    else if (!this.texts.has(key)) return;
    this.#met.set(key, met);
    if (own.length < pooled.each && this.#size < pooled.all) {
      own.push(row.text);
      this.#size++;
      return;
    }
    const at = Math.floor(seededRandom(this.#seed, row.id, 'pool')() * met);
    if (at < own.length) own[at] = row.text;
  }
}

const countLabels = (counts: Map<string, number>[], { labels }: Row): void =>
  labels.forEach((known, task) => {
    const own = (counts[task] ??= new Map<string, number>());
    for (const label of known ?? []) own.set(label, (own.get(label) ?? 0) + 1);
  });

export interface ProfileOptions {
  seed: number;
  /** Chooses rows; all when absent. */
  judge?: Judge;
  signal?: AbortSignal;
  onProgress?: (rows: number) => void;
}

/** Rows that are judged at a time, and between two reports of progress. */
const chunk = 1024;

/** Goes through a dataset once. Rows that were made before count as texts that shall not be repeated, and nothing else. */
export const profileRows = async (
  rows: AsyncIterable<Row>,
  { seed, judge, signal, onProgress }: ProfileOptions,
): Promise<DatasetProfile> => {
  const counts: Map<string, number>[] = [];
  const chosen = judge && { counts: [] as Map<string, number>[], rows: new BitList() };
  const [pool, seen] = [new Pool(seed), new SeenTexts()];
  let n = 0;
  let waiting: Row[] = [];
  const flush = async (): Promise<void> => {
    if (signal?.aborted) throw TaxonError.from(signal.reason);
    if (judge !== undefined && chosen !== undefined) {
      const answers = await judge.choose(waiting, signal);
      waiting.forEach((row, i) => {
        if (!answers[i]!) return;
        chosen.rows.set(n - waiting.length + i);
        countLabels(chosen.counts, row);
      });
    }
    waiting = [];
    onProgress?.(n);
  };
  for await (const row of rows) {
    seen.add(seen.formOf(row.text));
    if (row.origin !== undefined) continue;
    n++;
    countLabels(counts, row);
    pool.add(row);
    if (waiting.push(row) === chunk) await flush();
  }
  await flush();
  return { rows: n, counts, chosen, pool: pool.texts, seen };
};
