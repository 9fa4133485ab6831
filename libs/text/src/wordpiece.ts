import { Kind, type BertCharacters } from './bert-characters.ts';
import type { SectionEncoder } from './encode-section.ts';
import type { IdBuffer } from './id-buffer.ts';
import { PieceTrie } from './piece-trie.ts';
import { WordCache, emptyHash, hashUnit } from './word-cache.ts';

export interface WordPieceModel {
  /** Piece to id. */
  vocabulary: ReadonlyMap<string, number>;
  unknownId: number;
  /** What marks pieces inside a word, `##`. */
  continuingPrefix: string;
  /** Characters of the longest word that is looked up at all; longer ones are unknown. */
  maxWordCharacters: number;
}

/**
 * BERT's normalizer, pre-tokenizer and WordPiece in one pass: each character is normalized into a word buffer, a word that ends
 * is looked up in the cache, and only a new one is cut into its longest pieces. No string is made on the way.
 */
export class WordPieceEncoder implements SectionEncoder {
  private readonly model: WordPieceModel;
  private readonly characters: BertCharacters;
  private readonly trie: PieceTrie;
  private readonly firstRoot: number;
  private readonly nextRoot: number;
  private readonly cache = new WordCache();
  private word = new Uint16Array(256);
  private length = 0;
  private hash = emptyHash;

  constructor(model: WordPieceModel, characters: BertCharacters) {
    this.model = model;
    this.characters = characters;
    this.trie = new PieceTrie(4 * model.vocabulary.size);
    this.firstRoot = this.trie.addRoot();
    this.nextRoot = this.trie.addRoot();
    const prefix = model.continuingPrefix;
    for (const [piece, id] of model.vocabulary) {
      this.trie.add(this.firstRoot, piece, id);
      if (piece.startsWith(prefix) && piece !== prefix) this.trie.add(this.nextRoot, piece.slice(prefix.length), id);
    }
  }

  encode(text: string, _atStart: boolean, out: IdBuffer, limit: number): void {
    const start = out.length;
    if (this.scan(text, out, limit, false)) return;
    out.length = start;
    this.length = 0;
    this.hash = emptyHash;
    this.scan(this.characters.order(text), out, limit, true);
  }

  /** @returns false at a mark that has to be brought into order first */
  private scan(text: string, out: IdBuffer, limit: number, ordered: boolean): boolean {
    const { kinds, units } = this.characters;
    for (let i = 0; i < text.length && out.length < limit; i++) {
      const code = text.charCodeAt(i);
      switch (kinds[code]) {
        case Kind.word:
          this.add(units[code]!);
          break;
        case Kind.dropped:
          break;
        case Kind.space:
          this.endWord(out);
          break;
        case Kind.alone:
          this.endWord(out);
          this.add(units[code]!);
          this.endWord(out);
          break;
        case Kind.movable:
          if (!ordered) return false;
          this.addCharacter(code, out);
          break;
        default: {
          const point = text.codePointAt(i)!;
          if (point > 0xffff) i++;
          if (!ordered && point > 0xffff && this.characters.movable(point)) return false;
          this.addCharacter(point >= 0xd800 && point < 0xe000 ? 0xfffd : point, out);
        }
      }
    }
    this.endWord(out);
    return true;
  }

  private add(unit: number): void {
    if (this.length === this.word.length) {
      const grown = new Uint16Array(2 * this.word.length);
      grown.set(this.word);
      this.word = grown;
    }
    this.word[this.length++] = unit;
    this.hash = hashUnit(this.hash, unit);
  }

  /** Any character, the slow way. */
  private addCharacter(codePoint: number, out: IdBuffer): void {
    for (const char of this.characters.normalize(codePoint)) {
      const kind = this.characters.kindAfter(char.codePointAt(0)!);
      if (kind !== Kind.word) this.endWord(out);
      if (kind !== Kind.space) for (let i = 0; i < char.length; i++) this.add(char.charCodeAt(i));
      if (kind === Kind.alone) this.endWord(out);
    }
  }

  private endWord(out: IdBuffer): void {
    if (this.length === 0) return;
    const firstId = out.length;
    if (!this.cache.recall(this.word, 0, this.length, this.hash, out)) {
      this.cut(out);
      this.cache.remember(this.word, 0, this.length, this.hash, out, firstId);
    }
    this.length = 0;
    this.hash = emptyHash;
  }

  /** The longest piece from the left, again and again; a word that cannot be cut to its end is one unknown token. */
  private cut(out: IdBuffer): void {
    const { trie, word, length } = this;
    const firstId = out.length;
    let start = this.characterCount() > this.model.maxWordCharacters ? -1 : 0;
    while (start !== -1 && start < length) {
      let node = start === 0 ? this.firstRoot : this.nextRoot;
      let end = -1;
      let id = -1;
      for (let i = start; i < length; i++) {
        node = trie.child(node, word[i]!);
        if (node === -1) break;
        if (trie.values[node] !== -1) {
          id = trie.values[node]!;
          end = i + 1;
        }
      }
      if (end !== -1) out.push(id);
      start = end;
    }
    if (start === -1) {
      out.length = firstId;
      out.push(this.model.unknownId);
    }
  }

  private characterCount(): number {
    let count = this.length;
    if (count <= this.model.maxWordCharacters) return count; // there are never more characters than code units
    for (let i = 0; i < this.length; i++) if (this.word[i]! >= 0xdc00 && this.word[i]! < 0xe000) count--;
    return count;
  }
}
