/** SentencePiece's `precompiled_charsmap`: a double-array trie over UTF-8 from what is written to what replaces it. */
export class Charsmap {
  private readonly trie: Uint32Array;
  private readonly replacements: Buffer;

  /** @param base64 as tokenizer.json holds it: the trie's bytes (u32, little-endian), the trie, then texts that end in NUL */
  constructor(base64: string) {
    const bytes = Buffer.from(base64, 'base64');
    const trieBytes = bytes.length >= 4 ? bytes.readUInt32LE(0) : Infinity;
    if (trieBytes % 4 !== 0 || 4 + trieBytes > bytes.length)
      throw new RangeError(`a character map of ${bytes.length} bytes cannot hold a trie of ${trieBytes} bytes`);
    this.trie = Uint32Array.from({ length: trieBytes / 4 }, (_, i) => bytes.readUInt32LE(4 + 4 * i));
    this.replacements = bytes.subarray(4 + trieBytes);
  }

  /**
   * What replaces `text`, or undefined where nothing does. The *shortest* entry that begins `text` decides for the whole of it,
   * as in the Rust crate (SentencePiece itself takes the longest): "①" with an accent becomes "1".
   */
  replace(text: string): string | undefined {
    const { trie } = this;
    let node = offset(trie[0] ?? 0);
    for (const byte of Buffer.from(text)) {
      if (byte === 0) return undefined;
      node ^= byte;
      const unit = trie[node] ?? 0;
      if ((unit & 0x800000ff) >>> 0 !== byte) return undefined;
      node ^= offset(unit);
      if ((unit >>> 8) & 1) return this.replacementAt((trie[node] ?? 0) & 0x7fffffff);
    }
    return undefined;
  }

  private replacementAt(start: number): string {
    const end = this.replacements.indexOf(0, start);
    return this.replacements.toString('utf8', start, end === -1 ? undefined : end);
  }
}

/** Where a node's children lie, from the packed unit: 22 bits, shifted by 8 more when bit 9 is set. */
const offset = (unit: number): number => (unit >>> 10) << ((unit & 0x200) >>> 6);
