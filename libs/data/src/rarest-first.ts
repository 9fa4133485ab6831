/** Keys in the order of their remaining counts, fewest first, while these only ever fall. A key at 0 is done. */
export class RarestFirst {
  readonly #buckets: number[][] = []; // by count; an entry whose key has fallen since is stale
  readonly #remaining: Int32Array;
  #low = 1;

  /** `remaining` by key; call `changed` after every change of it. */
  constructor(remaining: Int32Array) {
    this.#remaining = remaining;
    remaining.forEach((_, key) => this.changed(key));
  }

  changed(key: number): void {
    const count = this.#remaining[key]!;
    if (count === 0) return;
    (this.#buckets[count] ??= []).push(key);
    this.#low = Math.min(this.#low, count);
  }

  /** Takes the key with the fewest left; it comes back when it changes. */
  next(): number | undefined {
    for (; this.#low < this.#buckets.length; this.#low++) {
      const bucket = this.#buckets[this.#low] ?? [];
      for (let key = bucket.pop(); key !== undefined; key = bucket.pop())
        if (this.#remaining[key] === this.#low) return key;
    }
    return undefined;
  }
}
