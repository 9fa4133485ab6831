import { existsSync } from 'node:fs';
import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { invalidInput } from '@taxon/errors';

/** A WordPiece tokenizer's files as they are written: what is renumbered stands here, the rest is as it was. */
interface TokenizerFile {
  model: {
    type?: string;
    vocab: Record<string, number>;
    unk_token?: string;
    continuing_subword_prefix?: string;
  };
  added_tokens?: { id: number; content: string }[];
  post_processor?: {
    special_tokens?: Record<string, { id: string; ids: number[]; tokens: string[] }>;
    sep?: [string, number];
    cls?: [string, number];
    processors?: TokenizerFile['post_processor'][];
  } | null;
}

const readJson = async <Value>(path: string): Promise<Value | undefined> =>
  existsSync(path) ? (JSON.parse(await readFile(path, 'utf8')) as Value) : undefined;

/** Whether a token is a single character, alone or going on a word: with these, any word of known characters can be spelt. */
const isCharacter = (token: string, prefix: string): boolean => {
  const own = token.startsWith(prefix) && token !== prefix ? token.slice(prefix.length) : token;
  return Array.from(own).length === 1; // code points
};

const expectWordPiece = (json: TokenizerFile, path: string): void => {
  const { type, vocab, continuing_subword_prefix: prefix } = json.model;
  const wordPiece = type === 'WordPiece' || (type === undefined && prefix !== undefined);
  if (!wordPiece || Array.isArray(vocab))
    throw invalidInput(
      `${path}: the model is ${type ?? 'of no type'}; student.vocabulary 'domain' is for WordPiece`,
      "Leave student.vocabulary at 'keep'.",
    );
};

/** Renumbers what a post-processor adds to texts. */
const renumberFrame = (node: TokenizerFile['post_processor'], newId: (id: number) => number): void => {
  if (!node) return;
  for (const token of Object.values(node.special_tokens ?? {})) token.ids = token.ids.map(newId);
  if (node.sep) node.sep[1] = newId(node.sep[1]);
  if (node.cls) node.cls[1] = newId(node.cls[1]);
  for (const inner of node.processors ?? []) renumberFrame(inner, newId);
};

/**
 * Writes a tokenizer that knows fewer tokens: those that are used, every single character, and the added (special) ones, in their
 * old order. A text of used tokens alone is cut as before: WordPiece takes the longest token that it knows, and that is still there.
 * @param used ids that texts of the domain have
 * @param spelt single characters that are kept. @default all
 * @returns the old id of every new one
 * @throws TaxonError `invalid_input` for a tokenizer that is not WordPiece
 */
export const pruneVocabulary = async (
  from: string,
  to: string,
  used: ReadonlySet<number>,
  spelt: (character: string) => boolean = () => true,
): Promise<Int32Array> => {
  const path = join(from, 'tokenizer.json');
  const json = (await readJson<TokenizerFile>(path))!;
  expectWordPiece(json, path);
  const { model, added_tokens: added = [] } = json;
  const prefix = model.continuing_subword_prefix ?? '##';
  const special = new Set([...added.map(({ content }) => content), model.unk_token ?? '[UNK]']);
  const known = new Map(Object.entries(model.vocab));
  for (const { content, id } of added) known.set(content, id);
  const kept = [...known]
    .filter(([token, id]) => used.has(id) || special.has(token) || (isCharacter(token, prefix) && spelt(token)))
    .sort(([, a], [, b]) => a - b);
  const newIds = new Map(kept.map(([, id], at) => [id, at]));
  const newId = (id: number): number => newIds.get(id)!;

  model.vocab = Object.fromEntries(
    kept.filter(([token]) => Object.hasOwn(model.vocab, token)).map(([token, id]) => [token, newId(id)]),
  );
  for (const token of added) token.id = newId(token.id);
  renumberFrame(json.post_processor, newId);

  await mkdir(to, { recursive: true });
  await writeFile(join(to, 'tokenizer.json'), JSON.stringify(json));
  await writeFile(join(to, 'vocab.txt'), kept.map(([token]) => `${token}\n`).join(''));
  await renumberConfigs(from, to, newIds);
  return Int32Array.from(kept, ([, id]) => id);
};

/** The files beside tokenizer.json that hold ids. */
const renumberConfigs = async (from: string, to: string, newIds: ReadonlyMap<number, number>): Promise<void> => {
  if (existsSync(join(from, 'special_tokens_map.json')))
    await cp(join(from, 'special_tokens_map.json'), join(to, 'special_tokens_map.json'));
  const added = await readJson<Record<string, number>>(join(from, 'added_tokens.json'));
  const renumber = (entries: Record<string, number>): Record<string, number> =>
    Object.fromEntries(Object.entries(entries).map(([token, id]) => [token, newIds.get(id)!]));
  if (added) await writeFile(join(to, 'added_tokens.json'), JSON.stringify(renumber(added)));
  const tokenizer = await readJson<Record<string, unknown>>(join(from, 'tokenizer_config.json'));
  if (tokenizer) {
    const decoder = tokenizer['added_tokens_decoder'] as Record<string, unknown> | undefined;
    if (decoder)
      tokenizer['added_tokens_decoder'] = Object.fromEntries(
        Object.entries(decoder).map(([id, token]) => [String(newIds.get(Number(id)) ?? id), token]),
      );
    await writeFile(join(to, 'tokenizer_config.json'), JSON.stringify(tokenizer));
  }
  const config = await readJson<Record<string, unknown>>(join(from, 'config.json'));
  if (config) {
    for (const [key, value] of Object.entries(config))
      if (key.endsWith('_token_id') && typeof value === 'number') config[key] = newIds.get(value) ?? value;
    await writeFile(join(to, 'config.json'), JSON.stringify(config));
  }
};
