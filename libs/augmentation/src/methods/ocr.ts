import { z } from 'zod';
import { editKind, shareOption } from '../cheap-method.ts';
import { drawIndex, drawOne } from '../draw.ts';

/** Shapes that text recognition takes for each other, both ways. */
const confused = [
  ...['0Oo', '1lI', '1iI', '5S', '8B', '2Z', '6G', 'ce', 'hb', 'uv', 'nr', 'fl', 'tf', 'gq', 'yv', 'O Q', 'DO'].flatMap(
    (group) => {
      const shapes = group.replace(' ', '').split('');
      return shapes.flatMap((a) => shapes.filter((b) => b !== a).map((b): [string, string] => [a, b]));
    },
  ),
  ...[
    ['rn', 'm'],
    ['cl', 'd'],
    ['vv', 'w'],
    ['ii', 'n'],
    ['li', 'h'],
    ['nn', 'm'],
  ].flatMap(([a, b]): [string, string][] => [
    [a!, b!],
    [b!, a!],
  ]),
] as [string, string][];

/** Mistakes of text recognition: shapes that look alike (`rn` and `m`, `0` and `O`). */
export const ocr = editKind(
  'makes mistakes of text recognition: shapes that look alike, such as rn and m (Latin script)',
  z.strictObject({
    /** Share of the shapes in the text that could be mistaken. */
    share: shareOption(0.05),
  }),
  ({ share }) => {
    const likes = new Map<string, string[]>();
    for (const [from, to] of confused) likes.set(from, [...(likes.get(from) ?? []), to]);
    return (text, random) => {
      const places: { at: number; from: string }[] = [];
      for (let at = 0; at < text.length; at++) {
        const two = text.slice(at, at + 2);
        if (two.length === 2 && likes.has(two)) places.push({ at, from: two });
        else if (likes.has(text[at]!)) places.push({ at, from: text[at]! });
      }
      if (places.length === 0) return undefined;
      const certain = drawIndex(random, places.length); // one at least
      let [result, end] = ['', 0];
      places.forEach(({ at, from }, i) => {
        if (at < end || (i !== certain && random() >= share)) return;
        result += text.slice(end, at) + drawOne(random, likes.get(from)!);
        end = at + from.length;
      });
      return result + text.slice(end);
    };
  },
);
