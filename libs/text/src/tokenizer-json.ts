import { invalidInput } from '@taxon/errors';

/** One entry of `added_tokens`: text that is a token wherever it stands, before any normalization. */
export interface AddedToken {
  id: number;
  content: string;
  /** Only where no letter or digit touches it. */
  single_word?: boolean;
  /** Takes white space on its left with it. */
  lstrip?: boolean;
  rstrip?: boolean;
  /** Looked for in normalized text. */
  normalized?: boolean;
  special?: boolean;
}

/** A node of tokenizer.json that says by `type` what it is. */
export interface TypedNode {
  type: string;
  [key: string]: unknown;
}

/** The parts of Hugging Face's tokenizer.json that make ids; truncation and padding are the caller's, not the file's. */
export interface TokenizerJson {
  added_tokens?: AddedToken[];
  normalizer?: TypedNode | null;
  pre_tokenizer?: TypedNode | null;
  post_processor?: TypedNode | null;
  model: TypedNode;
  padding?: { pad_id?: number } | null;
  [key: string]: unknown;
}

/** What is used of tokenizer_config.json. */
export interface TokenizerConfig {
  model_max_length?: number;
  /** The token's text, or an object that holds it as `content`. */
  pad_token?: string | { content: string } | null;
  mask_token?: string | { content: string } | null;
  [key: string]: unknown;
}

export const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * Checks the outline of a parsed tokenizer.json.
 * @param file named in messages
 * @throws TaxonError `invalid_input` naming the key that is wrong
 */
export const asTokenizerJson = (value: unknown, file: string): TokenizerJson => {
  if (!isRecord(value)) throw invalidInput(`${file} holds no JSON object, so it is not a Hugging Face tokenizer.json`);
  const { model, added_tokens: added } = value;
  if (!isRecord(model) || !('vocab' in model))
    throw invalidInput(`${file} has no "model" with a "vocab", so it is not a Hugging Face tokenizer.json`);
  for (const key of ['normalizer', 'pre_tokenizer', 'post_processor']) {
    const node = value[key];
    if (node !== undefined && node !== null && !(isRecord(node) && typeof node['type'] === 'string'))
      throw invalidInput(`${file}: "${key}" must be null or an object with a "type"`);
  }
  if (added !== undefined && !(Array.isArray(added) && added.every(isAddedToken)))
    throw invalidInput(`${file}: "added_tokens" must be a list of objects with a numeric "id" and a "content"`);
  // Files written before 2021 name no model type; only WordPiece has this prefix.
  const type =
    model['type'] ?? ('continuing_subword_prefix' in model && !('merges' in model) ? 'WordPiece' : 'unknown');
  return { ...value, model: { ...model, type } } as TokenizerJson;
};

const isAddedToken = (token: unknown): boolean =>
  isRecord(token) && typeof token['id'] === 'number' && typeof token['content'] === 'string';

/** The id of `content` in added tokens or the model's vocabulary. */
export const tokenId = (json: TokenizerJson, content: string): number | undefined => {
  const added = json.added_tokens?.find((token) => token.content === content);
  if (added) return added.id;
  const vocab = json.model['vocab'];
  if (Array.isArray(vocab)) {
    const index = vocab.findIndex((entry: unknown) => Array.isArray(entry) && entry[0] === content);
    return index === -1 ? undefined : index;
  }
  const id = isRecord(vocab) && Object.hasOwn(vocab, content) ? vocab[content] : undefined;
  return typeof id === 'number' ? id : undefined;
};

/** Every token's text by id, added ones included. */
export const tokensById = (json: TokenizerJson): string[] => {
  const tokens: string[] = [];
  const vocab = json.model['vocab'];
  if (Array.isArray(vocab)) vocab.forEach((entry: unknown, id) => (tokens[id] = String((entry as unknown[])[0])));
  else if (isRecord(vocab)) for (const [token, id] of Object.entries(vocab)) tokens[id as number] = token;
  for (const { id, content } of json.added_tokens ?? []) tokens[id] = content;
  return tokens;
};
