import type { Random } from '@taxon/data';
import { pinyin } from 'pinyin-pro';
import { z } from 'zod';
import { editKind, shareOption } from '../cheap-method.ts';
import { drawOne } from '../draw.ts';
import { editLetters } from '../letters.ts';

const han = /\p{Script=Han}/u;

/** The 3,755 common characters: level 1 of GB 2312, lead bytes B0 to D7, which the standard orders by pronunciation. */
const commonCharacters = (): string[] => {
  const decoder = new TextDecoder('gbk');
  const characters: string[] = [];
  for (let lead = 0xb0; lead <= 0xd7; lead++)
    for (let trail = 0xa1; trail <= (lead === 0xd7 ? 0xf9 : 0xfe); trail++)
      characters.push(decoder.decode(Uint8Array.of(lead, trail)));
  return characters;
};

const readings = (text: string, tones: boolean): string[] =>
  pinyin(text, { type: 'array', toneType: tones ? 'num' : 'none', v: true });

/** Characters become others of the same sound, as input by pinyin mistakes them. */
export const homophones = editKind(
  'replaces Chinese characters by others of the same sound, the mistakes of pinyin input',
  z.strictObject({
    share: shareOption(0.1),
    /** Only those of the same tone. Input by pinyin is mostly without tones. */
    tones: z.boolean().default(false),
  }),
  ({ share, tones }) => {
    const common = commonCharacters();
    const bySound = new Map<string, string[]>();
    // One by one: read together, neighbours would choose each other's readings.
    for (const character of common) {
      const [sound] = readings(character, tones);
      bySound.set(sound!, [...(bySound.get(sound!) ?? []), character]);
    }
    return (text: string, random: Random) => {
      if (!han.test(text)) return undefined;
      const characters = Array.from(text);
      const sounds = readings(text, tones); // in context: 银行 is yín háng
      if (sounds.length !== characters.length) return undefined;
      const others = characters.map((character, i) =>
        han.test(character) ? (bySound.get(sounds[i]!) ?? []).filter((other) => other !== character) : [],
      );
      const places = new Set(characters.flatMap((_, i) => (others[i]!.length > 0 ? [i] : [])));
      if (places.size === 0) return undefined;
      let at = 0;
      return editLetters(
        text,
        () => places.has(at++),
        share,
        random,
        (letters, i) => {
          letters[i] = drawOne(random, others[i]!);
        },
      );
    };
  },
);
