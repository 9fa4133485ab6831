import type { IdBuffer } from './id-buffer.ts';

/** Slots; at most half are used, so 32,768 words: the distinct words of some ten thousand short texts. */
const slots = 1 << 16;
/** Code units all remembered words may have together (16 a word). */
const poolUnits = 1 << 19;
const poolIds = 1 << 18;
/** Longer words are rare, and rarely come back. */
const maxWordUnits = 64;

/** Remembers the ids of words. When it is full it forgets everything: words that matter come back at once. */
export class WordCache {
  private readonly hashes = new Int32Array(slots);
  /** 1 + the entry's number, 0 where a slot is free. */
  private readonly entries = new Int32Array(slots);
  private readonly unitEnds = new Int32Array(slots / 2 + 1);
  private readonly idEnds = new Int32Array(slots / 2 + 1);
  private readonly units = new Uint16Array(poolUnits);
  private readonly ids = new Int32Array(poolIds);
  private count = 0;

  /** Appends the ids of `word[from, from + length)` to `out` and returns true, or false for a word not yet seen. */
  recall(word: Uint16Array, from: number, length: number, wordHash: number, out: IdBuffer): boolean {
    const { hashes, entries, units, unitEnds, idEnds } = this;
    let slot = place(wordHash);
    for (let entry = entries[slot]!; entry !== 0; entry = entries[slot]!) {
      const start = unitEnds[entry - 1]!;
      if (hashes[slot] === wordHash && unitEnds[entry]! - start === length) {
        let i = 0;
        while (i < length && units[start + i] === word[from + i]) i++;
        if (i === length) {
          const first = idEnds[entry - 1]!;
          const end = idEnds[entry]!;
          if (end - first === 1) out.push(this.ids[first]!);
          else out.append(this.ids, first, end - first);
          return true;
        }
      }
      slot = (slot + 1) & (slots - 1);
    }
    return false;
  }

  /** Remembers that `word[from, from + length)` gives `out[firstId, out.length)`. */
  remember(word: Uint16Array, from: number, length: number, wordHash: number, out: IdBuffer, firstId: number): void {
    const idCount = out.length - firstId;
    if (length > maxWordUnits) return;
    const full =
      this.count === slots / 2 ||
      this.unitEnds[this.count]! + length > poolUnits ||
      this.idEnds[this.count]! + idCount > poolIds;
    if (full) this.clear();
    const unitStart = this.unitEnds[this.count]!;
    const idStart = this.idEnds[this.count]!;
    for (let i = 0; i < length; i++) this.units[unitStart + i] = word[from + i]!;
    for (let i = 0; i < idCount; i++) this.ids[idStart + i] = out.ids[firstId + i]!;
    this.count++;
    this.unitEnds[this.count] = unitStart + length;
    this.idEnds[this.count] = idStart + idCount;
    let slot = place(wordHash);
    while (this.entries[slot] !== 0) slot = (slot + 1) & (slots - 1);
    this.entries[slot] = this.count;
    this.hashes[slot] = wordHash;
  }

  private clear(): void {
    this.entries.fill(0);
    this.count = 0;
  }
}

const place = (wordHash: number): number => (wordHash ^ (wordHash >>> 16)) & (slots - 1);

/** Start value of a word's hash (FNV-1a's); `hashUnit` adds one code unit. */
export const emptyHash = 0x811c9dc5 | 0;
export const hashUnit = (hash: number, unit: number): number => Math.imul(hash ^ unit, 0x01000193);
