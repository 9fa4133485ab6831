import { Charsmap } from './charsmap.ts';
import * as tables from './unicode-tables.ts';
import { eachRange, inRanges, parseRanges } from './unicode-ranges.ts';
import type { UnitBuffer } from './unit-buffer.ts';

const bmp = 0x10000;

/** Roles in a grapheme cluster, as bits. */
const extending = 1;
const prepended = 2;
const unextended = 4;
/** Surrogates: look at the whole character. */
const astral = 8;

/** Not looked up yet, and: not a single code unit (see `texts`). */
const unknown = -1;
const several = -2;

/** Clusters of fewer UTF-8 bytes are replaced as a whole; longer ones, and those without an entry, character by character. */
const wholeClusterBytes = 6;

/** The crate's `Precompiled` normalizer: SentencePiece's character map, applied by grapheme cluster. */
export class CharsmapNormalizer {
  private readonly charsmap: Charsmap;
  private readonly roles = new Uint8Array(bmp);
  private readonly astralExtending = parseRanges(tables.extending);
  private readonly astralPrepended = parseRanges(tables.prepended);
  /** What each code unit of the BMP becomes by itself, filled as texts need it. */
  private readonly singles = new Int32Array(bmp).fill(unknown);
  private readonly texts = new Map<number, string>();

  constructor(base64: string) {
    this.charsmap = new Charsmap(base64);
    const mark = (ranges: string, role: number): void =>
      eachRange(parseRanges(ranges), bmp, (first, last) => {
        for (let unit = first; unit <= last; unit++) this.roles[unit]! |= role;
      });
    mark(tables.extending, extending);
    mark(tables.prepended, prepended);
    mark(tables.unextended, unextended);
    this.roles.fill(astral, 0xd800, 0xe000);
  }

  /** Appends the normalized text. `text` must be well-formed UTF-16. */
  normalize(text: string, out: UnitBuffer): void {
    const { roles, singles } = this;
    const length = text.length;
    for (let i = 0; i < length;) {
      const unit = text.charCodeAt(i);
      const nextRole = i + 1 < length ? roles[text.charCodeAt(i + 1)]! : 0;
      const alone =
        (roles[unit]! & (prepended | astral)) === 0 && (nextRole & (extending | astral)) === 0 && unit !== 13;
      if (alone) {
        let single = singles[unit]!;
        if (single === unknown) single = this.learn(unit);
        if (single === several) out.pushText(this.texts.get(unit)!);
        else out.push(single);
        i++;
      } else {
        const end = this.clusterEnd(text, i);
        this.pushCluster(text.slice(i, end), out);
        i = end;
      }
    }
  }

  private learn(unit: number): number {
    const char = String.fromCharCode(unit);
    const text = this.charsmap.replace(char) ?? char;
    if (text.length !== 1) this.texts.set(unit, text);
    return (this.singles[unit] = text.length === 1 ? text.charCodeAt(0) : several);
  }

  /**
   * Where the grapheme cluster that begins at `start` ends. Hangul, flags and joined emoji are left apart: they have
   * more than `wholeClusterBytes` either way.
   */
  private clusterEnd(text: string, start: number): number {
    let i = start;
    while (i < text.length && this.role(text, i) & prepended) i += width(text, i);
    if (i === text.length) return i;
    if (this.role(text, i) & unextended) {
      if (i > start) return i;
      return text.startsWith('\r\n', i) ? i + 2 : i + 1;
    }
    i += width(text, i);
    while (i < text.length && this.role(text, i) & extending) i += width(text, i);
    return i;
  }

  private role(text: string, index: number): number {
    const role = this.roles[text.charCodeAt(index)]!;
    if (role !== astral) return role;
    const point = text.codePointAt(index)!;
    return (
      (inRanges(this.astralExtending, point) ? extending : 0) | (inRanges(this.astralPrepended, point) ? prepended : 0)
    );
  }

  private pushCluster(cluster: string, out: UnitBuffer): void {
    const whole = Buffer.byteLength(cluster) < wholeClusterBytes ? this.charsmap.replace(cluster) : undefined;
    if (whole !== undefined) return out.pushText(whole);
    for (const char of cluster) out.pushText(this.charsmap.replace(char) ?? char);
  }
}

const width = (text: string, index: number): number => (text.codePointAt(index)! >= bmp ? 2 : 1);
