import type { CharsmapNormalizer } from './charsmap-normalizer.ts';
import type { SectionEncoder } from './encode-section.ts';
import type { IdBuffer } from './id-buffer.ts';
import * as tables from './unicode-tables.ts';
import { inRanges, parseRanges } from './unicode-ranges.ts';
import type { Unigram } from './unigram.ts';
import { UnitBuffer } from './unit-buffer.ts';
import { WordCache, emptyHash, hashUnit } from './word-cache.ts';

export interface SentencePieceOptions {
  charsmap: CharsmapNormalizer | undefined;
  stripLeft: boolean;
  stripRight: boolean;
  /** What two and more spaces become (one code unit), or undefined: nothing. */
  collapsed: string | undefined;
  /** Whether words end at any white space before spaces become `marker`. */
  splitsWhitespace: boolean;
  /** The code unit that stands for a space and begins a word, "▁". */
  marker: string;
  /** Where a word that does not begin with `marker` gets one: at every section's start, at the text's start, nowhere. */
  prepend: 'always' | 'first' | 'never';
}

const space = 0x20;

/** SentencePiece's Unigram as XLM-RoBERTa and E5 use it: character map, Metaspace, and the likeliest pieces of every word. */
export class SentencePieceEncoder implements SectionEncoder {
  private readonly unigram: Unigram;
  private readonly options: SentencePieceOptions;
  private readonly marker: number;
  private readonly collapsed: number;
  private readonly whitespace = parseRanges(tables.whitespace);
  private readonly normalized = new UnitBuffer();
  private readonly marked = new UnitBuffer();
  private readonly cache = new WordCache();

  constructor(unigram: Unigram, options: SentencePieceOptions) {
    this.unigram = unigram;
    this.options = options;
    this.marker = options.marker.charCodeAt(0);
    this.collapsed = options.collapsed?.charCodeAt(0) ?? -1;
  }

  encode(text: string, atStart: boolean, out: IdBuffer, limit: number): void {
    const { normalized } = this;
    this.normalize(wellFormed(text));
    const prepends = this.options.prepend === 'always' || (this.options.prepend === 'first' && atStart);
    if (!this.options.splitsWhitespace) return this.encodeWords(0, normalized.length, prepends, out, limit);
    const end = normalized.length;
    for (let start = 0, i = 0; i <= end; i++) {
      if (i < end && !this.isWhitespace(normalized.units[i]!)) continue;
      if (i > start) this.encodeWords(start, i, prepends, out, limit);
      start = i + 1;
    }
  }

  /** Fills `normalized`. */
  private normalize(text: string): void {
    const { normalized, options } = this;
    normalized.length = 0;
    if (options.charsmap === undefined) normalized.pushText(text);
    else options.charsmap.normalize(text, normalized);
    const { units } = normalized;
    let from = 0;
    let to = normalized.length;
    if (options.stripRight) while (to > from && this.isWhitespace(units[to - 1]!)) to--;
    if (options.stripLeft) while (from < to && this.isWhitespace(units[from]!)) from++;
    let length = 0;
    for (let i = from; i < to; i++) {
      if (units[i] === space && units[i + 1] === space && i + 1 < to && this.collapsed !== -1) {
        while (i + 1 < to && units[i + 1] === space) i++;
        units[length++] = this.collapsed;
      } else units[length++] = units[i]!;
    }
    normalized.length = length;
  }

  /** Encodes `normalized[from, to)`, in which only spaces divide words. */
  private encodeWords(from: number, to: number, prepends: boolean, out: IdBuffer, limit: number): void {
    if (from === to) return;
    const { marked, marker } = this;
    marked.length = 0;
    const units = this.normalized.units;
    if (prepends && units[from] !== marker && units[from] !== space) marked.push(marker);
    for (let i = from; i < to; i++) marked.push(units[i] === space ? marker : units[i]!);
    for (let start = 0; start < marked.length && out.length < limit;) {
      let end = start + 1;
      let hash = hashUnit(emptyHash, marked.units[start]!);
      for (; end < marked.length && marked.units[end] !== marker; end++) hash = hashUnit(hash, marked.units[end]!);
      this.encodeWord(start, end, hash, out);
      start = end;
    }
  }

  private encodeWord(start: number, end: number, hash: number, out: IdBuffer): void {
    const { cache, marked } = this;
    if (cache.recall(marked.units, start, end - start, hash, out)) return;
    const firstId = out.length;
    this.unigram.encode(marked.units, start, end, out);
    cache.remember(marked.units, start, end - start, hash, out, firstId);
  }

  private isWhitespace(unit: number): boolean {
    return unit === space || (unit < 0x80 ? unit >= 9 && unit <= 13 : inRanges(this.whitespace, unit));
  }
}

/** Lone halves of surrogate pairs become U+FFFD, as in UTF-8. */
const wellFormed = (text: string): string =>
  /[\ud800-\udfff]/.test(text) ? text.replace(/\p{Surrogate}/gu, '\ufffd') : text;
