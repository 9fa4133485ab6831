import { createRandom } from '@taxon/data';
import { createTokenizer } from '@taxon/text';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { maskText } from './masking.ts';
import { maskingVocabulary, wordContinuations } from './vocabulary.ts';

const pieces = ['[PAD]', '[CLS]', '[SEP]', '[MASK]', 'un', '##aff', '##able', 'card', 'lost', '##s', 'a', 'b'];
const added = pieces.slice(0, 4).map((content, id) => ({ id, content, special: true, normalized: false }));
const tokenizer = createTokenizer({
  added_tokens: added,
  model: { type: 'WordPiece', unk_token: 'a', vocab: Object.fromEntries(pieces.map((piece, id) => [piece, id])) },
});
const vocabulary = maskingVocabulary(tokenizer, 'here');
const text = fc.array(fc.integer({ min: 0, max: 11 }), { minLength: 1, maxLength: 40 }).map((ids) => Int32Array.from(ids)); // prettier-ignore

it('hides nothing special, and tells what was hidden and where', () => {
  fc.assert(
    fc.property(text, fc.double({ min: 0.05, max: 1, noNaN: true }), fc.nat(), (ids, share, seed) => {
      const { ids: masked, places, targets } = maskText(ids, share, vocabulary, createRandom(seed));
      expect(targets).toEqual(places.map((place) => ids[place]));
      expect(targets.every((id) => vocabulary.special[id] === 0)).toBe(true);
      const restored = masked.slice();
      places.forEach((place, i) => (restored[place] = targets[i]!));
      expect(restored).toEqual(ids);
      expect(maskText(ids, share, vocabulary, createRandom(seed)).ids).toEqual(masked);
    }),
  );
});

it('hides whole words', () => {
  const ids = Int32Array.from([1, 4, 5, 6, 7, 8, 9, 10, 11, 2]); // un ##aff ##able card lost ##s a b
  for (let seed = 0; seed < 50; seed++) {
    const { places } = maskText(ids, 0.4, vocabulary, createRandom(seed));
    for (const word of [
      [1, 2, 3],
      [5, 6],
    ])
      // prettier-ignore
      expect([0, word.length]).toContain(word.filter((place) => places.includes(place)).length);
  }
});

it('hides the share that it is told, 80 % by the mask, 10 % by another word', () => {
  const ids = Int32Array.from({ length: 12 }, (_, i) => [10, 11, 7, 8][i % 4]!);
  let [hidden, masked, kept] = [0, 0, 0];
  for (let seed = 0; seed < 4000; seed++) {
    const result = maskText(ids, 0.15, vocabulary, createRandom(seed));
    hidden += result.places.length;
    masked += result.places.filter((place) => result.ids[place] === 3).length;
    kept += result.places.filter((place, i) => result.ids[place] === result.targets[i]).length;
  }
  expect(hidden / (4000 * 12)).toBeCloseTo(0.15, 2);
  expect(masked / hidden).toBeCloseTo(0.8, 1);
  expect(kept / hidden).toBeCloseTo(0.1 + 0.1 / 8, 1); // one of 8 words replaces itself
});

it('knows which pieces go on with a word', () => {
  expect([...wordContinuations(pieces)]).toEqual([0, 0, 0, 0, 0, 1, 1, 0, 0, 1, 0, 0]);
  expect([...wordContinuations(['<s>', '▁card', 's', '▁', '!', '天', '気', 'é'])]).toEqual([0, 0, 1, 0, 0, 0, 0, 1]);
});

it('a vocabulary without a mask is refused', () => {
  const plain = createTokenizer({ model: { type: 'WordLevel', vocab: { a: 0 } } });
  expect(() => maskingVocabulary(plain, 'folder')).toThrow('folder: the tokenizer has no mask token');
});
