/**
 * Texts that tokenizers trip over, the same ones for a seed on every machine: nothing here asks Node for Unicode's tables.
 * Used by the tests and by `fixtures/record.ts`, not by the library.
 */
export const testCorpus = (count = 10_000, seed = 20_261_122): string[] => {
  const random = mulberry32(seed);
  const fixed = [...handWritten, ...longTexts(random), ...sweep()];
  const kinds = Object.values(makers);
  const made = Array.from({ length: Math.max(0, count - fixed.length) }, (_, i) => kinds[i % kinds.length]!(random));
  return [...fixed, ...made].slice(0, count);
};

type Random = () => number;

/** A small generator with 32 bits of state, of public domain design. */
const mulberry32 = (seed: number): Random => {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
};

const below = (random: Random, n: number): number => Math.floor(random() * n);
const pick = <T>(random: Random, list: readonly T[]): T => list[below(random, list.length)]!;
const repeat = (random: Random, most: number, make: () => string): string =>
  Array.from({ length: 1 + below(random, most) }, make).join('');
const inBlock = (random: Random, first: number, last: number): string =>
  String.fromCodePoint(first + below(random, last - first + 1));

const words = (
  'the of and invoice refund Please cancel my order WHERE is parcel internationalization unbelievably ' +
  'naïve café résumé Zürich Straße ÅNGSTRÖM İstanbul ΣΊΣΥΦΟΣ Москва ёлка Đặng Việt Nam ﬁnance ½ № ™ ﷺ e\u0301te\u0301 n\u0303 ' +
  '退款 我想取消订单 北京 東京タワー カタカナ ﾊﾝｶｸ 안녕하세요 각 שָׁלוֹם مرحبا العَرَبِيَّة हिन्दी क्षत्रिय ไทยแลนด์ ខ្មែរ தமிழ் မြန်မာ ꦗꦮ꧀ꦱ ᬩᬮᬶ' +
  ' 3.14 1,000,000 $99.99 50% user@example.com https://a.b/c?d=e&f=1#g C++ snake_case kebab-case don’t "quoted" (x) [y] {z} <br/>'
).split(' ');
const spaces = [
  ' ',
  '  ',
  '\t',
  '\n',
  '\r\n',
  '\u00a0',
  '\u3000',
  '\u2003',
  '\u200b',
  '\u2028',
  '\u0085',
  '\v',
  '\f',
  '\u1680',
  '',
];
const emoji = ['😀', '👩‍👩‍👧‍👦', '👍🏽', '🇩🇪', '🇨🇳🇺🇸', '❤️', '☺︎', '1️⃣', '🏴󠁧󠁢󠁥󠁮󠁧󠁿', '👨🏿‍🚀', '🏳️‍🌈', '™️', '🫠', '\u200d', '🏽'];
const specials = [
  '[MASK]',
  '[SEP]',
  '[CLS]',
  '[PAD]',
  '[UNK]',
  '<mask>',
  '<s>',
  '</s>',
  '<pad>',
  '<unk>',
  '[mask]',
  '[MASK',
  'MASK]',
  '＜mask＞',
  '[ MASK ]',
  '▁',
  '##ing',
  '[[SEP]]',
];
const controls = [
  '\0',
  '\u0001',
  '\u0007',
  '\u001b[31m',
  '\u007f',
  '\u008f',
  '\u00ad',
  '\u200b',
  '\u200c',
  '\u200d',
  '\u200e',
  '\u202e',
  '\u2060',
  '\u2066',
  '\ufeff',
  '\ufffd',
  '\ufffe',
  '\u{e0001}',
  '\u061c',
  '\u180e',
];
/** First and last of blocks whose marks, cases and classes differ. */
const blocks: readonly (readonly [number, number])[] = [
  [0x20, 0x7e], [0x80, 0x17f], [0x180, 0x24f], [0x250, 0x2ff], [0x370, 0x3ff], [0x400, 0x52f], [0x530, 0x58f], [0x590, 0x5ff],
  [0x600, 0x6ff], [0x700, 0x8ff], [0x900, 0xdff], [0xe00, 0xfff], [0x1000, 0x10ff], [0x1100, 0x11ff], [0x1200, 0x139f],
  [0x13a0, 0x17ff], [0x1800, 0x1aff], [0x1b00, 0x1cff], [0x1e00, 0x1fff], [0x2000, 0x206f], [0x2070, 0x218f], [0x2190, 0x2bff],
  [0x2c00, 0x2dff], [0x2e00, 0x303f], [0x3040, 0x30ff], [0x3100, 0x33ff], [0x3400, 0x4dbf], [0x4e00, 0x9fff], [0xa000, 0xabff],
  [0xac00, 0xd7ff], [0xe000, 0xf8ff], [0xf900, 0xfaff], [0xfb00, 0xfdff], [0xfe00, 0xffff], [0x10000, 0x11fff], [0x1d000, 0x1d7ff],
  [0x1e000, 0x1efff], [0x1f000, 0x1faff], [0x20000, 0x2ffff], [0x30000, 0x3ffff], [0xe0000, 0xe01ff], [0xf0000, 0x10ffff],
]; // prettier-ignore

const asciiAndWide: typeof blocks = [[0x30, 0x39], [0x41, 0x5a], [0x61, 0x7a], [0x20, 0x2f], [0xff01, 0xffee]]; // prettier-ignore

const sentence = (random: Random, parts: readonly string[]): string =>
  repeat(random, 14, () => pick(random, parts) + (random() < 0.8 ? ' ' : pick(random, spaces)));
const mark = (random: Random): string => (random() < 0.7 ? inBlock(random, 0x300, 0x36f) : pick(random, marks)());
const marks = [
  () => '\u3099', () => '\u05b0', () => '\u0651', () => '\u0942', () => '\u093c', () => '\ua9c0', () => '\u302e', () => '\u{1d165}',
  () => '\u{1d16d}', () => '\u0e48', () => '\u20dd', () => '\u034f', () => '\u08d3', () => '\u1dfa', () => '\u{1e8d0}', () => '\ufe0f',
] as const; // prettier-ignore

/** One maker a kind of text, taken in turn. */
const makers = {
  mixedWords: (random) => sentence(random, words),
  english: (random) => sentence(random, words.slice(0, 13)),
  blockOfOne: (random) => {
    const [first, last] = pick(random, blocks);
    return repeat(random, 40, () => (random() < 0.15 ? ' ' : inBlock(random, first, last)));
  },
  blocksMixed: (random) => repeat(random, 40, () => inBlock(random, ...pick(random, blocks))),
  stackedMarks: (random) =>
    repeat(
      random,
      12,
      () =>
        pick(random, ['a', 'E', 'ª', '①', 'か', '가', '𝅘𝅥𝅮', 'ﬁ', ' ', '\u0600', '中', 'ꦗ']) +
        (random() < 0.7 ? repeat(random, 4, () => mark(random)) : ''),
    ),
  emojiAndWords: (random) => sentence(random, [...emoji, ...words]),
  controlsAndWords: (random) => repeat(random, 20, () => pick(random, random() < 0.5 ? controls : words)),
  whitespace: (random) => repeat(random, 25, () => pick(random, random() < 0.8 ? spaces : words)),
  specialTokens: (random) => repeat(random, 10, () => pick(random, random() < 0.6 ? specials : [...words, ...spaces])),
  longWords: (random) => {
    const length = pick(random, [99, 100, 101, 102, 120, 400]);
    const letter = pick(random, ['a', 'é', '中', '😀', '가', '\u0301', '7']);
    return `${pick(random, words)} ${letter.repeat(length)}${pick(random, ['', 'b', '.', ' end'])}`;
  },
  loneSurrogates: (random) =>
    repeat(random, 12, () => pick(random, ['\ud800', '\udfff', '\udc00\ud800', 'x', ' ', '😀', '[SEP]', ...words])),
  anyCodeUnits: (random) => repeat(random, 30, () => String.fromCharCode(below(random, 0x10000))),
  caseAndDigits: (random) => repeat(random, 30, () => inBlock(random, ...pick(random, asciiAndWide))),
} satisfies Record<string, (random: Random) => string>;

const handWritten = [
  '', ' ', '\n', '\0', '\ufffd', '\ud83d', 'a', '中', '😀', '[MASK]', '[CLS][SEP]', ' [MASK] ', '<mask>', '\u0301', '\u200b', '▁', ' ▁ ', '##',
  'a<s>b</s>c', 'ª\u0301', '\u0600e\u0301', 'x\u{1d15e}\u302e\ua9c0', '\r\n\u0301', 'ΑΣ', 'ß', 'ŉ', 'İi̇', 'ǅ', '\u2028', 'a\u00adb', 'Ǆ\u0323\u0307',
]; // prettier-ignore

/** 100 kB and more, of different kinds; and one word of 20,000 letters. */
const longTexts = (random: Random): string[] => {
  const fill = (make: () => string): string => {
    let text = '';
    while (text.length < 100_000) text += make();
    return text;
  };
  return [
    fill(() => makers.english(random)),
    fill(() => makers.mixedWords(random)),
    fill(() => inBlock(random, 0x4e00, 0x5fff)),
    fill(() => makers.blocksMixed(random)),
    fill(() => makers.stackedMarks(random)),
    fill(() => pick(random, emoji)),
    'x'.repeat(20_000),
    ' '.repeat(50_000),
  ];
};

/** Every code point that is or may come to be in use, 128 a text: alone between letters, then all in a row. */
const sweep = (): string[] => {
  const texts: string[] = [];
  for (let first = 0; first < 0x110000; first += first === 0x32000 ? 0xae000 : first === 0xe1000 ? 0x2f000 : 128) {
    const points = Array.from({ length: 128 }, (_, i) => String.fromCodePoint(Math.min(0x10ffff, first + i)));
    texts.push(first % 256 === 0 ? points.map((char) => `a${char}b `).join('') : points.join(''));
  }
  return texts;
};
