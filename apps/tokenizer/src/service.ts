import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { tokenizerContract, type TokenizeRequest, type TokenizeResponse } from '@taxon/contracts';
import { invalidInput } from '@taxon/errors';
import { resolveEncoder } from '@taxon/models';
import { defineService, type CallContext } from '@taxon/service';
import { loadTokenizer } from '@taxon/text';
import { Counter } from 'prom-client';
import { z } from 'zod';
import { encodeInSlices } from './encode-in-slices.ts';

const config = z.object({
  encoder: z
    .string()
    .min(1)
    .default('all-MiniLM-L6-v2')
    .describe('folder with a tokenizer.json, or the name of an encoder to fetch'),
  maxTexts: z.int().min(1).default(10_000).describe('texts a request'),
  // What one text costs at most stays near the time that other calls may wait.
  maxTextLength: z.int().min(1).default(65_536).describe('UTF-16 units a text'),
});
type Config = z.output<typeof config>;

/** A folder with a tokenizer is taken as it is; everything else is an encoder's name. */
const tokenizerFolder = async (encoder: string, signal: AbortSignal): Promise<string> => {
  const folder = resolve(encoder);
  return existsSync(join(folder, 'tokenizer.json')) ? folder : resolveEncoder(encoder, { signal });
};

const fieldError = (field: string, description: string) =>
  invalidInput(`${field}: ${description}`, undefined, [{ field, description }]);

const checkRequest = ({ texts }: TokenizeRequest, { maxTexts, maxTextLength }: Config): void => {
  if (texts.length === 0) throw fieldError('texts', 'empty; at least one text is needed');
  if (texts.length > maxTexts)
    throw fieldError('texts', `${texts.length} texts are more than the limit ${maxTexts} (maxTexts)`);
  const long = texts.findIndex(({ length }) => length > maxTextLength);
  if (long >= 0)
    throw fieldError(
      `texts[${long}]`,
      `${texts[long]!.length} UTF-16 units are more than the limit ${maxTextLength} (maxTextLength)`,
    );
};

/** Serves one encoder's tokenizer. */
export const tokenizerService = defineService({
  name: 'tokenizer',
  description: 'turns texts into the ids that an encoder reads',
  contracts: { tokenizer: tokenizerContract },
  config,
  metrics: (registry) => ({
    texts: new Counter({ name: 'taxon_tokenizer_texts_total', help: 'Texts tokenized', registers: [registry] }),
    tokens: new Counter({
      name: 'taxon_tokenizer_tokens_total',
      help: 'Tokens made, special ones included',
      registers: [registry],
    }),
  }),
  start: async ({ config, metrics, log, signal }) => {
    const folder = await tokenizerFolder(config.encoder, signal);
    const tokenizer = await loadTokenizer(folder);
    log.info({ folder, vocabularySize: tokenizer.vocabularySize }, 'tokenizer loaded');

    const tokenize = async (request: TokenizeRequest, { signal }: CallContext): Promise<TokenizeResponse> => {
      checkRequest(request, config);
      const encoded = await encodeInSlices(tokenizer, request.texts, { maxLength: request.maxLength, signal });
      metrics.texts.inc(encoded.length);
      metrics.tokens.inc(encoded.reduce((sum, { length }) => sum + length, 0));
      return { encodings: encoded.map((ids) => ({ ids: [...ids] })) };
    };
    return {
      implementations: {
        tokenizer: {
          tokenize,
          tokenizeStream: async function* (requests, context) {
            for await (const request of requests) yield await tokenize(request, context);
          },
          describe: () => ({
            encoder: config.encoder,
            vocabularySize: tokenizer.vocabularySize,
            maxLength: tokenizer.maxLength,
            padId: tokenizer.padId,
          }),
        },
      },
    };
  },
});
