import { movableMarks, orderMarks } from './mark-order.ts';
import * as tables from './unicode-tables.ts';
import { eachRange, inRanges, parseRanges, parseRuns } from './unicode-ranges.ts';

/** The switches of tokenizer.json's `BertNormalizer`. */
export interface BertNormalizerOptions {
  cleanText: boolean;
  handleChineseChars: boolean;
  stripAccents: boolean;
  lowercase: boolean;
}

/** What one UTF-16 code unit does to the word that is being read. */
export const Kind = {
  /** Belongs to the word, as `units[unit]`. */
  word: 0,
  /** Leaves no trace, not even a word's end. */
  dropped: 1,
  /** Ends the word. */
  space: 2,
  /** Ends the word, and is one itself: punctuation, Chinese characters. */
  alone: 3,
  /** Becomes several code units, or is half of a surrogate pair: ask `normalize`. */
  other: 4,
  /** A mark that canonical ordering may move: the text must pass through `order` first. */
  movable: 5,
} as const;

/** How BERT's normalizer and pre-tokenizer treat every character, in one table look-up for nearly all of them. */
export interface BertCharacters {
  /** `Kind` of each code unit before normalization. */
  kinds: Uint8Array;
  /** The code unit that a `word` or `alone` unit becomes. */
  units: Uint16Array;
  /** One character normalized, with spaces around it where it stands alone. */
  normalize(codePoint: number): string;
  /** `Kind` of a character that `normalize` gave: word, space or alone. */
  kindAfter(codePoint: number): number;
  /** Whether the character is, or holds, a mark that `order` may move. */
  movable(codePoint: number): boolean;
  /** Brings combining marks into canonical order. */
  order(text: string): string;
}

const bmp = 0x10000;

export const bertCharacters = (options: BertNormalizerOptions): BertCharacters => {
  const normalize = characterNormalizer(options);
  const kindsAfter = new Uint8Array(bmp);
  eachRange(parseRanges(tables.whitespace), bmp, (first, last) => kindsAfter.fill(Kind.space, first, last + 1));
  const punctuation = parseRanges(tables.punctuation);
  eachRange(punctuation, bmp, (first, last) => kindsAfter.fill(Kind.alone, first, last + 1));

  const kinds = kindsAfter.slice();
  const units = new Uint16Array(bmp);
  for (let unit = 0; unit < bmp; unit++) units[unit] = unit;
  const fill = (ranges: string, kind: number): void =>
    eachRange(parseRanges(ranges), bmp, (first, last) => kinds.fill(kind, first, last + 1));
  const settle = (point: number): void => {
    if (point >= bmp) return;
    const text = normalize(point);
    const alone = text.length === 3 && text.startsWith(' ') && text.endsWith(' ');
    const unit = text.charCodeAt(alone ? 1 : 0);
    if (text === '') kinds[point] = Kind.dropped;
    else if (text.length > 1 && !alone) kinds[point] = Kind.other;
    else {
      kinds[point] = alone ? Kind.alone : kindsAfter[unit]!;
      units[point] = unit;
    }
  };
  if (options.handleChineseChars) fill(tables.chinese, Kind.alone);
  if (options.stripAccents) {
    fill(tables.nonspacing, Kind.dropped);
    eachRange(parseRanges(tables.decomposed), bmp, (first, last) => {
      // Hangul syllables all decompose, into two or three letters each.
      if (first === 0xac00) kinds.fill(Kind.other, first, last + 1);
      else for (let point = first; point <= last; point++) settle(point);
    });
  }
  if (options.lowercase) for (const point of [...lowered().keys(), 0x130]) settle(point);
  const movable = options.stripAccents ? movableCharacters() : new Set<number>();
  for (const point of movable) if (point < bmp) kinds[point] = Kind.movable;
  if (options.cleanText) {
    fill(tables.spaces, Kind.space);
    fill(tables.dropped, Kind.dropped);
  }
  kinds.fill(Kind.other, 0xd800, 0xe000); // halves of surrogate pairs

  const decompose = decomposer();
  const clean = characterNormalizer({
    cleanText: options.cleanText,
    handleChineseChars: false,
    stripAccents: false,
    lowercase: false,
  });
  return {
    kinds,
    units,
    normalize,
    kindAfter: (point) => (point < bmp ? kindsAfter[point]! : inRanges(punctuation, point) ? Kind.alone : Kind.word),
    movable: (point) => movable.has(point),
    order: (text) => orderMarks(text, (char) => decompose(clean(char.codePointAt(0)!))),
  };
};

/** The movable marks, and the characters that hold one when they are decomposed (musical notes). */
const movableCharacters = (): Set<number> => {
  const marks = movableMarks();
  const movable = new Set(marks.keys());
  eachRange(parseRanges(tables.decomposed), 0x2f800, (first, last) => {
    if (first === 0xac00) return;
    for (let point = first; point <= last; point++)
      for (const part of String.fromCodePoint(point).normalize('NFD'))
        if (marks.has(part.codePointAt(0)!)) movable.add(point);
  });
  return movable;
};

let loweredMap: Map<number, number> | undefined;
const lowered = (): Map<number, number> => (loweredMap ??= parseRuns(tables.lowered));

/** NFD of one character, for those that the crate decomposes: Node knows newer ones, and decompositions never change. */
const decomposer = (): ((char: string) => string) => {
  const decomposed = parseRanges(tables.decomposed);
  return (char) => (char !== '' && inRanges(decomposed, char.codePointAt(0)!) ? char.normalize('NFD') : char);
};

/** The whole of `BertNormalizer` for a character by itself, remembered by code point. */
const characterNormalizer = (options: BertNormalizerOptions): ((codePoint: number) => string) => {
  const [dropped, spaces, chinese, nonspacing] = [tables.dropped, tables.spaces, tables.chinese, tables.nonspacing].map(
    parseRanges,
  ) as [Uint32Array, Uint32Array, Uint32Array, Uint32Array];
  const decompose = decomposer();
  // No final sigma and no locale: every character is lowered by itself. "İ" alone becomes two, "i" and a dot above.
  const lower = (char: string): string =>
    char === '\u0130' ? 'i\u0307' : String.fromCodePoint(lowered().get(char.codePointAt(0)!) ?? char.codePointAt(0)!);

  const normalize = (point: number): string => {
    if (options.cleanText && inRanges(dropped, point)) return '';
    if (options.cleanText && inRanges(spaces, point)) return ' ';
    let text = String.fromCodePoint(point);
    if (options.stripAccents)
      text = Array.from(decompose(text))
        .filter((char) => !inRanges(nonspacing, char.codePointAt(0)!))
        .join('');
    if (options.lowercase) text = Array.from(text, lower).join('');
    return options.handleChineseChars && inRanges(chinese, point) ? ` ${text} ` : text;
  };
  const known = new Map<number, string>();
  return (point) => {
    let text = known.get(point);
    if (text === undefined) known.set(point, (text = normalize(point)));
    return text;
  };
};
