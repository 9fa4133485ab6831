import { TaxonError } from '@taxon/errors';
import type { Translator } from '../translator.ts';

/** The client of `taxon.augmenter.v1.TranslatorService`, as its generated code has it. */
export interface TranslatorClient {
  translate(
    request: { texts: string[]; sourceLanguage: string; targetLanguage: string },
    options?: { signal?: AbortSignal },
  ): Promise<{ translations: string[] }>;
}

/** A translator of the user's own behind gRPC (protos/taxon/augmenter/v1/translator.proto). Who makes the client closes it. */
export const remoteTranslator = (client: TranslatorClient, name = 'grpc'): Translator => ({
  name,
  async translate(texts, { from, to }, { signal } = {}) {
    const request = { texts: [...texts], sourceLanguage: from, targetLanguage: to };
    const { translations } = await client.translate(request, { signal });
    if (translations.length !== texts.length)
      throw new TaxonError({
        code: 'unavailable',
        message: `the translator ${name} gave ${translations.length} translations for ${texts.length} texts`,
      });
    return translations;
  },
});
