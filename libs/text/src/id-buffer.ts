/** A growing list of token ids, reused from text to text so that encoding allocates only its result. */
export class IdBuffer {
  ids = new Int32Array(1024);
  length = 0;

  push(id: number): void {
    if (this.length === this.ids.length) this.reserve(1);
    this.ids[this.length++] = id;
  }

  /** Appends `source[from, from + count)`. */
  append(source: Int32Array, from: number, count: number): void {
    this.reserve(count);
    for (let i = 0; i < count; i++) this.ids[this.length + i] = source[from + i]!;
    this.length += count;
  }

  private reserve(more: number): void {
    if (this.length + more <= this.ids.length) return;
    const grown = new Int32Array(Math.max(2 * this.ids.length, this.length + more));
    grown.set(this.ids);
    this.ids = grown;
  }
}
