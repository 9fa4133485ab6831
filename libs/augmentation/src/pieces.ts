/** A text cut into words and what stands between them. */
export interface Pieces {
  words: string[];
  /** `gaps[i]` stands before word i, the last one after all words. One more than words. */
  gaps: string[];
}

// Scripts that put no space between words; Intl.Segmenter knows their words by dictionary.
const unspaced =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]/u;
// Letters, digits, and what joins them within a word: "don't", "e-mail", "3.5".
const word = /[\p{L}\p{N}][\p{L}\p{M}\p{N}]*(?:['’.-][\p{L}\p{N}][\p{L}\p{M}\p{N}]*)*/gu;
const asciiWord = /[A-Za-z0-9]+(?:['.-][A-Za-z0-9]+)*/g;
const ascii = /^[\0-\x7f]*$/;

let segmenter: Intl.Segmenter | undefined;

const segmented = (text: string): Pieces => {
  segmenter ??= new Intl.Segmenter('zh', { granularity: 'word' });
  const words: string[] = [];
  const gaps: string[] = [];
  let gap = '';
  for (const { segment, isWordLike } of segmenter.segment(text))
    if (isWordLike === true) {
      words.push(segment);
      gaps.push(gap);
      gap = '';
    } else gap += segment;
  return { words, gaps: [...gaps, gap] };
};

/** Words by spaces and punctuation, or by dictionary in scripts without spaces. `joinPieces` gives the text again. */
export const cutPieces = (text: string): Pieces => {
  const plain = ascii.test(text);
  if (!plain && unspaced.test(text)) return segmented(text);
  const words: string[] = [];
  const gaps: string[] = [];
  let end = 0;
  for (const match of text.matchAll(plain ? asciiWord : word)) {
    words.push(match[0]);
    gaps.push(text.slice(end, match.index));
    end = match.index + match[0].length;
  }
  gaps.push(text.slice(end));
  return { words, gaps };
};

export const joinPieces = ({ words, gaps }: Pieces): string => {
  let text = gaps[0]!;
  for (let i = 0; i < words.length; i++) text += words[i]! + gaps[i + 1]!;
  return text;
};

/** What stands between two words of this text: a space, or nothing in scripts without spaces. */
export const separatorOf = (text: string): string => (unspaced.test(text) ? '' : ' ');
