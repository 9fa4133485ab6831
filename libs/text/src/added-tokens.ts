import type { AddedToken } from './tokenizer-json.ts';

/** Where an added token stands in a text, white space that it takes with it included. */
export interface AddedTokenMatch {
  start: number;
  end: number;
  id: number;
}

// Unicode's White_Space and word characters, as the crate's regular expressions have them; JavaScript's \s and \w differ.
const spacesBefore = /[\t-\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]*$/;
const spacesAfter = /^[\t-\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]*/;
const wordBefore = /[\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\p{Join_Control}]$/u;
const wordAfter = /^[\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\p{Join_Control}]/u;

/** A finder of added tokens: leftmost first, of those the longest. Returns nothing for a text without any. */
export const addedTokenFinder = (tokens: readonly AddedToken[]): ((text: string) => AddedTokenMatch[]) => {
  const wanted = tokens.filter(({ content }) => content !== '').sort((a, b) => b.content.length - a.content.length);
  const byContent = new Map(wanted.map((token) => [token.content, token]));
  const pattern = new RegExp(wanted.map(({ content }) => escape(content)).join('|'), 'g');
  // Nearly no text holds one: looking for the letter they begin with is all it takes to know.
  const initials = [...new Set(wanted.map(({ content }) => content[0]!))];
  return (text) => {
    if (!initials.some((initial) => text.includes(initial))) return [];
    const matches: AddedTokenMatch[] = [];
    for (const { 0: content, index } of text.matchAll(pattern)) {
      const match = extend(text, index, byContent.get(content)!, matches.at(-1)?.end ?? 0);
      if (match) matches.push(match);
    }
    return matches;
  };
};

const extend = (text: string, index: number, token: AddedToken, previousEnd: number): AddedTokenMatch | undefined => {
  const before = text.slice(0, index);
  const after = text.slice(index + token.content.length);
  if (token.single_word && (wordBefore.test(before) || wordAfter.test(after))) return undefined;
  const start = token.lstrip ? Math.max(spacesBefore.exec(before)!.index, previousEnd) : index;
  const taken = token.rstrip ? spacesAfter.exec(after)![0].length : 0;
  return { start, end: index + token.content.length + taken, id: token.id };
};

const escape = (text: string): string => text.replace(/[.*+?^${}()|[\]\\/-]/g, '\\$&');
