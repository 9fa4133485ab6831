import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { temporaryFolder, vocabulary, writeJson, writeTokenizer } from '@taxon/models/testing';
import { loadTokenizer } from '@taxon/text';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pruneVocabulary } from './prune-vocabulary.ts';

let root: string;
beforeAll(async () => {
  root = await temporaryFolder();
  await writeTokenizer(join(root, 'whole'));
  await writeJson(join(root, 'whole', 'config.json'), { pad_token_id: 0, mask_token_id: 4, vocab_size: 99 });
});
afterAll(() => rm(root, { recursive: true }));

const texts = ['my card was lost', 'unable to pay!'];

describe('a pruned vocabulary', () => {
  it('cuts the texts of the domain as before, and tells the old ids', async () => {
    const whole = await loadTokenizer(join(root, 'whole'));
    const used = new Set(texts.flatMap((text) => [...whole.encode(text, { maxLength: 20 })]));
    const oldIds = await pruneVocabulary(join(root, 'whole'), join(root, 'pruned'), used);
    expect(oldIds.length).toBeLessThan(vocabulary.length);
    const pruned = await loadTokenizer(join(root, 'pruned'));
    expect(pruned.vocabularySize).toBe(oldIds.length);
    for (const text of texts) {
      const ids = pruned.encode(text, { maxLength: 20 });
      expect(ids.map((id) => oldIds[id]!)).toEqual(whole.encode(text, { maxLength: 20 }));
    }
    expect(oldIds[pruned.padId]).toBe(whole.padId);
  });

  it('still spells what is not of the domain, and keeps special tokens and single characters', async () => {
    const folder = join(root, 'nothing');
    const oldIds = await pruneVocabulary(join(root, 'whole'), folder, new Set());
    const words = Array.from(oldIds, (id) => vocabulary[id]!);
    expect(words.slice(0, 5)).toEqual(['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]']);
    // Of what is longer than a character nothing is left.
    expect(words.slice(5).every((word) => Array.from(word.replace('##', '')).length === 1)).toBe(true);
    const tokenizer = await loadTokenizer(folder);
    const ids = tokenizer.encode('a b c', { maxLength: 20 });
    expect(Array.from(ids, (id) => words[id])).toEqual(['[CLS]', 'a', 'b', 'c', '[SEP]']);
    const lines = (await readFile(join(folder, 'vocab.txt'), 'utf8')).trimEnd().split('\n');
    expect(lines).toEqual(words);
    const config = JSON.parse(await readFile(join(folder, 'config.json'), 'utf8')) as Record<string, number>;
    expect(words[config['mask_token_id']!]).toBe('[MASK]');
  });

  it('is for WordPiece alone', async () => {
    const folder = join(root, 'unigram');
    await writeTokenizer(folder);
    await writeFile(join(folder, 'tokenizer.json'), JSON.stringify({ model: { type: 'Unigram', vocab: [['a', -1]] } }));
    await expect(pruneVocabulary(folder, join(root, 'never'), new Set())).rejects.toThrow("the model is Unigram; student.vocabulary 'domain' is for WordPiece"); // prettier-ignore
  });
});
